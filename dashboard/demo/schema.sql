-- The FeedlyAI schema, version 2.0, in an order that runs on an empty database: references that would close
-- a cycle (images and image generation to jobs) are added at the end. Triggers: ../domain/triggers.sql.

DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
EXCEPTION WHEN OTHERS THEN
    -- The embedded server lacks the extension; PostgreSQL's own generator serves as well.
    CREATE OR REPLACE FUNCTION uuid_generate_v4() RETURNS uuid LANGUAGE sql VOLATILE
    AS 'SELECT gen_random_uuid()';
END
$$;

CREATE TABLE connected_nodes (
    node_id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    node_type VARCHAR(100),
    status VARCHAR(50),
    pk SERIAL,
    created_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE gen_models (
    model_id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    name TEXT,
    repo TEXT,
    version TEXT,
    defaults JSONB,
    created_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE llm_models (
    llm_model_id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    model_name VARCHAR(255) NOT NULL,
    model_version VARCHAR(255),
    provider VARCHAR(255) NOT NULL,
    default_temperature DOUBLE PRECISION,
    default_max_tokens INTEGER,
    prompt_token_cost_per_1m DOUBLE PRECISION,
    completion_token_cost_per_1m DOUBLE PRECISION,
    description TEXT,
    is_active VARCHAR(10) DEFAULT 'true',
    pk SERIAL,
    created_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE pbg_placement_presets (
    placement_preset_id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    prompt_type TEXT NOT NULL,
    preset_order INTEGER,
    x DECIMAL(5, 4) NOT NULL,
    y DECIMAL(5, 4) NOT NULL,
    size DECIMAL(5, 4) NOT NULL,
    rotation DECIMAL(5, 2) NOT NULL DEFAULT 0,
    pk SERIAL,
    created_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE tenants (
    tenant_id VARCHAR(255) PRIMARY KEY,
    display_name VARCHAR(255),
    uid VARCHAR(255) UNIQUE,
    pk SERIAL,
    created_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE tone_styles (
    tone_style_id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    code TEXT,
    kor_name TEXT,
    eng_name TEXT,
    description TEXT,
    pk SERIAL,
    created_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE users (
    user_id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    uid VARCHAR(255) UNIQUE,
    pk SERIAL,
    created_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE vlm_prompt_assets (
    prompt_asset_id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    prompt_type TEXT,
    prompt_version TEXT,
    prompt JSONB,
    pk SERIAL,
    created_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE worker_events (
    event_id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    event_type VARCHAR(100),
    status VARCHAR(50),
    start_time TIMESTAMPTZ,
    end_time TIMESTAMPTZ,
    pk SERIAL,
    created_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE image_assets (
    image_asset_id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    image_type VARCHAR(50),
    image_url TEXT NOT NULL,
    mask_url TEXT,
    width INTEGER,
    height INTEGER,
    creator_id UUID REFERENCES users (user_id),
    tenant_id VARCHAR(255) REFERENCES tenants (tenant_id),
    job_id UUID,
    pk SERIAL,
    created_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE pbg_prompt_assets (
    prompt_asset_id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    tone_style_id UUID REFERENCES tone_styles (tone_style_id),
    prompt_type TEXT,
    prompt_version TEXT,
    prompt JSONB,
    negative_prompt JSONB,
    pk SERIAL,
    created_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE planner_proposals (
    proposal_id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    image_asset_id UUID REFERENCES image_assets (image_asset_id),
    prompt TEXT,
    layout JSONB,
    latency_ms DOUBLE PRECISION,
    pk SERIAL,
    created_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE stores (
    store_id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    user_id UUID REFERENCES users (user_id),
    image_id UUID REFERENCES image_assets (image_asset_id),
    title VARCHAR(500),
    body TEXT,
    store_category TEXT,
    auto_scoring_flag BOOLEAN DEFAULT false,
    pk SERIAL,
    created_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE jobs (
    job_id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    tenant_id VARCHAR(255) REFERENCES tenants (tenant_id),
    store_id UUID REFERENCES stores (store_id),
    status TEXT DEFAULT 'queued',
    current_step TEXT,
    version TEXT,
    retry_count INTEGER DEFAULT 0,
    pk SERIAL,
    created_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE detections (
    detection_id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    image_asset_id UUID REFERENCES image_assets (image_asset_id),
    model_id UUID REFERENCES gen_models (model_id),
    job_id UUID REFERENCES jobs (job_id),
    box JSONB,
    label VARCHAR(255),
    score DECIMAL(5, 4),
    pk SERIAL,
    created_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE gen_runs (
    run_id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    job_id UUID REFERENCES jobs (job_id),
    tenant_id VARCHAR(255) REFERENCES tenants (tenant_id),
    src_asset_id UUID REFERENCES image_assets (image_asset_id),
    cutout_asset_id UUID REFERENCES image_assets (image_asset_id),
    model_id UUID REFERENCES gen_models (model_id),
    prompt_version TEXT,
    bg_width INTEGER,
    bg_height INTEGER,
    status TEXT DEFAULT 'queued',
    latency_ms DOUBLE PRECISION,
    finished_at TIMESTAMPTZ,
    plan_json_url TEXT,
    pk SERIAL,
    created_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE job_inputs (
    job_id UUID PRIMARY KEY REFERENCES jobs (job_id),
    img_asset_id UUID REFERENCES image_assets (image_asset_id),
    tone_style_id UUID REFERENCES tone_styles (tone_style_id),
    desc_kor TEXT,
    desc_eng TEXT,
    pk SERIAL,
    created_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE jobs_variants (
    job_variants_id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    job_id UUID REFERENCES jobs (job_id),
    img_asset_id UUID REFERENCES image_assets (image_asset_id),
    creation_order INTEGER NOT NULL,
    selected BOOLEAN DEFAULT false,
    status TEXT DEFAULT 'queued',
    current_step TEXT DEFAULT 'vlm_analyze',
    retry_count INTEGER DEFAULT 0,
    overlaid_img_asset_id UUID REFERENCES image_assets (image_asset_id),
    pk SERIAL,
    created_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE llm_traces (
    llm_trace_id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    job_id UUID REFERENCES jobs (job_id),
    provider TEXT,
    llm_model_id UUID REFERENCES llm_models (llm_model_id) ON DELETE SET NULL,
    tone_style_id UUID REFERENCES tone_styles (tone_style_id),
    enhanced_img_id UUID REFERENCES image_assets (image_asset_id),
    prompt_id UUID,
    operation_type TEXT,
    request JSONB,
    response JSONB,
    latency_ms DOUBLE PRECISION,
    prompt_tokens INTEGER,
    completion_tokens INTEGER,
    total_tokens INTEGER,
    token_usage JSONB,
    pk SERIAL,
    created_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE yolo_runs (
    yolo_run_id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    job_id UUID UNIQUE REFERENCES jobs (job_id),
    image_asset_id UUID REFERENCES image_assets (image_asset_id),
    forbidden_mask_url TEXT,
    model_name VARCHAR(255),
    detection_count INTEGER DEFAULT 0,
    latency_ms DOUBLE PRECISION,
    pk SERIAL,
    created_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE gen_variants (
    gen_variant_id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    run_id UUID REFERENCES gen_runs (run_id),
    index INTEGER,
    canvas_asset_id UUID REFERENCES image_assets (image_asset_id),
    mask_asset_id UUID REFERENCES image_assets (image_asset_id),
    bg_asset_id UUID REFERENCES image_assets (image_asset_id),
    placement_preset_id UUID REFERENCES pbg_placement_presets (placement_preset_id),
    prompt_en TEXT,
    negative_en TEXT,
    seed_base INTEGER DEFAULT 13,
    steps INTEGER DEFAULT 20,
    infer_ms DOUBLE PRECISION,
    latency_ms DOUBLE PRECISION,
    pk SERIAL,
    created_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE overlay_layouts (
    overlay_id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    proposal_id UUID REFERENCES planner_proposals (proposal_id),
    job_variants_id UUID REFERENCES jobs_variants (job_variants_id),
    layout JSONB,
    x_ratio DECIMAL(5, 4),
    y_ratio DECIMAL(5, 4),
    width_ratio DECIMAL(5, 4),
    height_ratio DECIMAL(5, 4),
    text_margin VARCHAR(50),
    latency_ms DOUBLE PRECISION,
    pk SERIAL,
    created_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE txt_ad_copy_generations (
    ad_copy_gen_id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    job_id UUID NOT NULL REFERENCES jobs (job_id) ON DELETE CASCADE,
    llm_trace_id UUID REFERENCES llm_traces (llm_trace_id) ON DELETE SET NULL,
    generation_stage TEXT NOT NULL,
    ad_copy_kor TEXT,
    ad_copy_eng TEXT,
    refined_ad_copy_eng TEXT,
    status TEXT DEFAULT 'queued',
    pk SERIAL,
    created_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE vlm_traces (
    vlm_trace_id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    job_id UUID REFERENCES jobs (job_id),
    job_variants_id UUID REFERENCES jobs_variants (job_variants_id) ON DELETE SET NULL,
    provider TEXT,
    prompt_id UUID REFERENCES vlm_prompt_assets (prompt_asset_id) ON DELETE SET NULL,
    operation_type TEXT,
    request JSONB,
    response JSONB,
    latency_ms DOUBLE PRECISION,
    pk SERIAL,
    created_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE evaluations (
    evaluation_id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    job_id UUID REFERENCES jobs (job_id),
    overlay_id UUID REFERENCES overlay_layouts (overlay_id),
    evaluation_type VARCHAR(50) NOT NULL,
    metrics JSONB NOT NULL,
    pk SERIAL,
    created_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE instagram_feeds (
    instagram_feed_id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    job_id UUID REFERENCES jobs (job_id),
    llm_trace_id UUID REFERENCES llm_traces (llm_trace_id) ON DELETE SET NULL,
    overlay_id UUID REFERENCES overlay_layouts (overlay_id),
    tenant_id VARCHAR(255) NOT NULL,
    refined_ad_copy_eng TEXT NOT NULL,
    tone_style TEXT NOT NULL,
    product_description TEXT NOT NULL,
    gpt_prompt TEXT NOT NULL,
    ad_copy_kor TEXT,
    instagram_ad_copy TEXT NOT NULL,
    hashtags TEXT NOT NULL,
    used_temperature DOUBLE PRECISION,
    used_max_tokens INTEGER,
    latency_ms DOUBLE PRECISION,
    pk SERIAL,
    created_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
);

CREATE TABLE renders (
    render_id UUID PRIMARY KEY DEFAULT uuid_generate_v4(),
    overlay_id UUID REFERENCES overlay_layouts (overlay_id),
    image_asset_id UUID REFERENCES image_assets (image_asset_id),
    pk SERIAL,
    created_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ DEFAULT CURRENT_TIMESTAMP
);

-- References that close a cycle

ALTER TABLE image_assets ADD FOREIGN KEY (job_id) REFERENCES jobs (job_id);

-- Indexes

CREATE INDEX ON image_assets (creator_id);
CREATE INDEX ON image_assets (tenant_id);
CREATE INDEX ON image_assets (job_id);
CREATE INDEX ON image_assets (created_at);
CREATE INDEX ON stores (user_id);
CREATE INDEX ON stores (image_id);
CREATE INDEX ON stores (created_at);
CREATE INDEX ON gen_runs (job_id);
CREATE INDEX ON gen_runs (tenant_id);
CREATE INDEX ON gen_runs (model_id);
CREATE INDEX ON gen_runs (src_asset_id);
CREATE INDEX ON gen_runs (cutout_asset_id);
CREATE INDEX ON gen_runs (status);
CREATE INDEX ON gen_runs (created_at);
CREATE INDEX ON gen_variants (run_id);
CREATE INDEX ON gen_variants (run_id, index);
CREATE INDEX ON gen_variants (canvas_asset_id);
CREATE INDEX ON gen_variants (mask_asset_id);
CREATE INDEX ON gen_variants (bg_asset_id);
CREATE INDEX ON gen_variants (placement_preset_id);
CREATE INDEX ON detections (image_asset_id);
CREATE INDEX ON detections (job_id);
CREATE INDEX ON yolo_runs (job_id);
CREATE INDEX ON yolo_runs (image_asset_id);
CREATE INDEX ON planner_proposals (image_asset_id);
CREATE INDEX ON overlay_layouts (proposal_id);
CREATE INDEX ON overlay_layouts (job_variants_id);
CREATE INDEX ON renders (overlay_id);
CREATE INDEX ON evaluations (job_id);
CREATE INDEX ON evaluations (overlay_id);
CREATE INDEX ON evaluations (evaluation_type);
CREATE INDEX ON evaluations (created_at);
CREATE INDEX ON jobs (tenant_id);
CREATE INDEX ON jobs (store_id);
CREATE INDEX ON jobs (status);
CREATE INDEX ON jobs (current_step);
CREATE INDEX ON jobs (retry_count);
CREATE INDEX ON jobs (status, retry_count);
CREATE INDEX ON jobs (created_at);
CREATE INDEX ON job_inputs (img_asset_id);
CREATE INDEX ON job_inputs (tone_style_id);
CREATE INDEX ON job_inputs (created_at);
CREATE INDEX ON jobs_variants (job_id);
CREATE INDEX ON jobs_variants (img_asset_id);
CREATE INDEX ON jobs_variants (creation_order);
CREATE INDEX ON jobs_variants (selected);
CREATE INDEX ON jobs_variants (status);
CREATE INDEX ON jobs_variants (current_step);
CREATE INDEX ON jobs_variants (job_id, status);
CREATE INDEX ON jobs_variants (retry_count);
CREATE INDEX ON jobs_variants (status, retry_count);
CREATE INDEX ON jobs_variants (job_id, retry_count);
CREATE INDEX ON jobs_variants (overlaid_img_asset_id);
CREATE INDEX ON jobs_variants (created_at);
CREATE INDEX ON vlm_traces (job_id);
CREATE INDEX ON vlm_traces (job_variants_id);
CREATE INDEX ON vlm_traces (prompt_id);
CREATE INDEX ON vlm_traces (operation_type);
CREATE INDEX ON vlm_traces (job_id, job_variants_id);
CREATE INDEX ON vlm_traces (created_at);
CREATE INDEX ON llm_traces (job_id);
CREATE INDEX ON llm_traces (llm_model_id);
CREATE INDEX ON llm_traces (tone_style_id);
CREATE INDEX ON llm_traces (enhanced_img_id);
CREATE INDEX ON llm_traces (prompt_id);
CREATE INDEX ON llm_traces (operation_type);
CREATE INDEX ON llm_traces (prompt_tokens);
CREATE INDEX ON llm_traces (completion_tokens);
CREATE INDEX ON llm_traces (total_tokens);
CREATE INDEX ON llm_traces (created_at);
CREATE INDEX ON llm_traces (created_at, total_tokens);
CREATE INDEX ON llm_models (provider);
CREATE INDEX ON llm_models (model_name);
CREATE INDEX ON llm_models (is_active);
CREATE INDEX ON txt_ad_copy_generations (job_id);
CREATE INDEX ON txt_ad_copy_generations (llm_trace_id);
CREATE INDEX ON txt_ad_copy_generations (generation_stage);
CREATE INDEX ON txt_ad_copy_generations (status);
CREATE INDEX ON txt_ad_copy_generations (job_id, generation_stage);
CREATE INDEX ON txt_ad_copy_generations (created_at);
CREATE INDEX ON instagram_feeds (job_id);
CREATE INDEX ON instagram_feeds (overlay_id);
CREATE INDEX ON instagram_feeds (llm_trace_id);
CREATE INDEX ON instagram_feeds (tenant_id);
CREATE INDEX ON instagram_feeds (created_at);
CREATE INDEX ON pbg_prompt_assets (tone_style_id);
CREATE INDEX ON pbg_prompt_assets (prompt_type);
CREATE INDEX ON pbg_placement_presets (prompt_type);
CREATE INDEX ON vlm_prompt_assets (prompt_type);
CREATE INDEX ON detections USING gin (box);
CREATE INDEX ON planner_proposals USING gin (layout);
CREATE INDEX ON evaluations USING gin (metrics);
CREATE INDEX ON vlm_traces USING gin (request);
CREATE INDEX ON vlm_traces USING gin (response);
CREATE INDEX ON llm_traces USING gin (request);
CREATE INDEX ON llm_traces USING gin (response);
CREATE INDEX ON llm_traces USING gin (token_usage);
CREATE INDEX ON pbg_prompt_assets USING gin (prompt);
CREATE INDEX ON pbg_prompt_assets USING gin (negative_prompt);
CREATE INDEX ON vlm_prompt_assets USING gin (prompt);
CREATE INDEX ON gen_models USING gin (defaults);
