-- Two database roles with the least rights. Run once as the owner of the FeedlyAI tables, in its database:
--   psql "$OWNER_URL" -f deploy/database_roles.sql
-- then give each a password with \password dashboard_reader and \password dashboard_operator.
--
-- dashboard_reader    everything that only looks; use it with FEEDLY_READ_ONLY=1
-- dashboard_operator  test jobs, campaigns, verdicts, repeated steps; owns the schema feedly_dashboard
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dashboard_reader') THEN
        CREATE ROLE dashboard_reader LOGIN CONNECTION LIMIT 40;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'dashboard_operator') THEN
        CREATE ROLE dashboard_operator LOGIN CONNECTION LIMIT 40;
    END IF;
    EXECUTE format('GRANT CONNECT ON DATABASE %I TO dashboard_reader, dashboard_operator', current_database());
    -- The dashboard's own schema: created by the operator on request, removed whole with DROP SCHEMA.
    EXECUTE format('GRANT CREATE ON DATABASE %I TO dashboard_operator', current_database());
END
$$;

GRANT USAGE ON SCHEMA public TO dashboard_reader, dashboard_operator;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO dashboard_reader, dashboard_operator;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO dashboard_reader, dashboard_operator;

-- Who listens, and who holds a lock: without it the diagnostics see other roles' sessions as hidden.
DO $$
BEGIN
    GRANT pg_read_all_stats TO dashboard_reader, dashboard_operator;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'Let an administrator run: GRANT pg_read_all_stats TO dashboard_reader, dashboard_operator;';
END
$$;

-- The counters of the tables that a new job is written into.
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO dashboard_operator;

-- Repeated steps and the roll-up trigger, which works with the rights of whoever updates a variant.
GRANT UPDATE (status, current_step, updated_at) ON jobs, jobs_variants TO dashboard_operator;

-- Making and removing test jobs, in older schemas too, which lack some of the tables and columns.
-- Deleting changes no other job's rows; a picture that others use is only let go.
DO $$
DECLARE
    writable text[] := ARRAY['tenants', 'tone_styles', 'jobs', 'image_assets', 'job_inputs',
        'txt_ad_copy_generations', 'jobs_variants'];
    removable text[] := ARRAY['renders', 'evaluations', 'overlay_layouts', 'planner_proposals', 'detections',
        'yolo_runs', 'vlm_traces', 'llm_traces', 'instagram_feeds', 'txt_ad_copy_generations', 'gen_variants',
        'gen_runs', 'jobs_variants', 'job_inputs', 'image_assets', 'jobs', 'tenants'];
    name text;
BEGIN
    FOREACH name IN ARRAY writable LOOP
        IF to_regclass('public.' || name) IS NOT NULL THEN
            EXECUTE format('GRANT INSERT ON public.%I TO dashboard_operator', name);
        END IF;
    END LOOP;
    FOREACH name IN ARRAY removable LOOP
        IF to_regclass('public.' || name) IS NOT NULL THEN
            EXECUTE format('GRANT DELETE ON public.%I TO dashboard_operator', name);
        END IF;
    END LOOP;
    IF EXISTS (SELECT FROM pg_attribute WHERE attrelid = 'public.image_assets'::regclass
               AND attname = 'job_id' AND NOT attisdropped) THEN
        GRANT UPDATE (job_id) ON public.image_assets TO dashboard_operator;
    END IF;
END
$$;
