"""Thousands of plausible jobs by set-based SQL, for plan guards and growth figures.

Two thirds complete, a tenth failed, the rest at any step; three variants each; evaluations of the
variants that reached them. Three tenants; a job every five minutes back from ``now()``. Ids and scores are
the same each time, so a test that chooses by them finds as many each time.
"""

from __future__ import annotations

from sqlalchemy import Connection

_STATEMENTS = (
    "SELECT setseed(0.42)",
    "INSERT INTO tenants (tenant_id, display_name)"
    " SELECT 'generated_test_' || n, 'Generated ' || n FROM generate_series(0, 2) n",
    "INSERT INTO tone_styles (code, kor_name, eng_name)"
    " VALUES ('hero', '대표 메뉴', 'Hero Dish Focus'), ('retro', '복고', 'Retro / Vintage / Storytelling')",
    """
    CREATE TEMPORARY TABLE g ON COMMIT DROP AS
    SELECT n, md5('job ' || n)::uuid AS job_id, md5('input ' || n)::uuid AS input_id,
           'generated_test_' || n % 3 AS tenant_id,
           now() - n * interval '5 minutes' AS at,
           CASE WHEN n % 30 < 20 THEN 'complete' WHEN n % 30 < 23 THEN 'failed' ELSE 'moving' END AS fate
    FROM generate_series(1, {jobs}) n
    """,
    """
    INSERT INTO jobs (job_id, tenant_id, status, current_step, version, retry_count, created_at, updated_at)
    SELECT job_id, tenant_id,
           CASE fate WHEN 'complete' THEN 'done' WHEN 'failed' THEN 'failed' ELSE 'running' END,
           CASE fate WHEN 'complete' THEN 'instagram_feed_gen' WHEN 'failed' THEN 'planner'
                ELSE 'overlay' END,
           '1.' || (8 + n % 2) || '.0', 0, at, at + interval '1 minute'
    FROM g
    """,
    """
    INSERT INTO image_assets
        (image_asset_id, image_type, image_url, width, height, tenant_id, job_id, created_at)
    SELECT input_id, 'original', '/assets/js/tenants/' || tenant_id || '/original/' || input_id || '.png',
           1080, 1080, tenant_id, job_id, at
    FROM g
    """,
    "INSERT INTO job_inputs (job_id, img_asset_id, tone_style_id, desc_kor, created_at)"
    " SELECT job_id, input_id, (SELECT tone_style_id FROM tone_styles ORDER BY code LIMIT 1),"
    " '따끈한 국물 한 그릇 ' || n || ' 메뉴' || n % 211, at FROM g",
    """
    CREATE TEMPORARY TABLE v ON COMMIT DROP AS
    SELECT g.*, o, md5(n || ' variant ' || o)::uuid AS variant_id,
           md5(n || ' overlay ' || o)::uuid AS overlay_id, md5(n || ' picture ' || o)::uuid AS picture_id,
           md5(n || ' proposal ' || o)::uuid AS proposal_id
    FROM g, generate_series(1, 3) o
    """,
    """
    INSERT INTO image_assets
        (image_asset_id, image_type, image_url, width, height, tenant_id, job_id, created_at)
    SELECT picture_id, 'overlaid', '/assets/yh/tenants/' || tenant_id || '/final/' || picture_id || '.png',
           1080, 1080, tenant_id, job_id, at
    FROM v WHERE fate = 'complete'
    """,
    """
    INSERT INTO jobs_variants (job_variants_id, job_id, img_asset_id, creation_order, status, current_step,
                               retry_count, overlaid_img_asset_id, created_at, updated_at)
    SELECT variant_id, job_id, input_id, o,
           CASE WHEN fate = 'failed' AND o = 1 THEN 'failed' ELSE 'done' END,
           CASE fate WHEN 'complete' THEN 'iou_eval' WHEN 'failed' THEN 'planner' ELSE 'yolo_detect' END,
           0, CASE WHEN fate = 'complete' THEN picture_id END, at, at + o * interval '10 seconds'
    FROM v
    """,
    "INSERT INTO planner_proposals (proposal_id, image_asset_id, layout, latency_ms, created_at)"
    " SELECT proposal_id, input_id, '{{\"proposals\": []}}', 80, at FROM v WHERE fate = 'complete'",
    """
    INSERT INTO overlay_layouts (overlay_id, proposal_id, job_variants_id, layout, x_ratio, y_ratio,
                                 width_ratio, height_ratio, latency_ms, created_at)
    SELECT overlay_id, proposal_id, variant_id, '{{"text": "따끈한 국물", "font_size": 64}}',
           0.1, 0.05, 0.8, 0.18, 140, at + interval '40 seconds'
    FROM v WHERE fate = 'complete'
    """,
    """
    INSERT INTO evaluations (job_id, overlay_id, evaluation_type, metrics, created_at)
    SELECT job_id, overlay_id, kind,
           CASE kind
             WHEN 'ocr' THEN jsonb_build_object('ocr_accuracy', round(random()::numeric, 3),
                                                'ocr_confidence', round(random()::numeric, 3),
                                                'character_match_rate', round(random()::numeric, 3),
                                                'word_match_rate', round(random()::numeric, 3),
                                                'latency_ms', 800)
             WHEN 'readability' THEN jsonb_build_object('contrast_ratio',
                                                        round((1 + random() * 20)::numeric, 2),
                                                        'readability_score', round(random()::numeric, 3),
                                                        'wcag_aa_compliant', random() > 0.3, 'latency_ms', 10)
             ELSE jsonb_build_object('iou_with_food', round((random() / 3)::numeric, 3), 'latency_ms', 3)
           END, at + interval '50 seconds'
    FROM v, unnest(ARRAY['ocr', 'readability', 'iou']) kind WHERE fate = 'complete'
    """,
    """
    INSERT INTO vlm_traces (job_id, job_variants_id, provider, operation_type, request, response, latency_ms,
                            created_at)
    SELECT job_id, variant_id, 'llava', operation, jsonb_build_object('overlay_id', overlay_id),
           jsonb_build_object('relevance_score', round(random()::numeric, 3)) ||
           '{{"on_brief": true, "occlusion": false, "contrast_ok": true, "cta_present": false}}', 1500,
           at + interval '45 seconds'
    FROM v, unnest(ARRAY['analyze', 'judge']) operation WHERE fate = 'complete'
    """,
    "INSERT INTO detections (job_id, image_asset_id, box, label, score, created_at)"
    " SELECT job_id, input_id, '[237, 280, 831, 928]', 'bowl', 0.93, at FROM g",
    "INSERT INTO txt_ad_copy_generations (job_id, generation_stage, status, ad_copy_kor, created_at)"
    " SELECT job_id, 'ad_copy_kor', 'done', '따끈한 국물', at FROM g",
    """
    INSERT INTO instagram_feeds (job_id, tenant_id, refined_ad_copy_eng, tone_style, product_description,
                                 gpt_prompt, instagram_ad_copy, hashtags, created_at)
    SELECT job_id, tenant_id, 'Warm up', '', '', '', '오늘 저녁 어떠세요?', '#국물 #저녁',
           at + interval '1 minute'
    FROM g WHERE fate = 'complete'
    """,
)


def generate_jobs(connection: Connection, jobs: int = 3000) -> None:
    """Write ``jobs`` jobs in the caller's transaction, then let the planner know."""
    cursor = connection.connection.cursor()  # the driver's own: the statements hold % signs
    for statement in _STATEMENTS:
        cursor.execute(statement.format(jobs=int(jobs)))
    cursor.execute("ANALYZE")


_DECISIONS = (
    """
    INSERT INTO feedly_dashboard.campaigns (campaign_id, kind, mode, template, interval_s, on_failure, state,
                                            created_by, created_at)
    SELECT uuid_generate_v4(), 'full', 'interval',
           '{"tenant_id": "generated_test_0", "descriptions": ["국"], "variants": 3, "tone_style_id": null,
             "store_id": null, "ad_copy": {}, "start": true}',
           60, 'skip', 'finished', 'generated', now() - n * interval '3 hours'
    FROM generate_series(1, 80) n
    """,
    """
    INSERT INTO feedly_dashboard.campaign_jobs (campaign_id, sequence, item, job_id, outcome)
    SELECT c.campaign_id, j.n / 80, 0, j.job_id, 'completed'
    FROM (SELECT job_id, row_number() OVER (ORDER BY created_at) AS n FROM jobs) j
    JOIN (SELECT campaign_id, row_number() OVER (ORDER BY created_at) AS n
          FROM feedly_dashboard.campaigns) c ON c.n = 1 + j.n % 80
    """,
    """
    INSERT INTO feedly_dashboard.step_events (job_id, job_variants_id, step, status, row_updated_at, seen_at,
                                              source)
    SELECT job_id, job_variants_id, step, 'done', created_at + o * interval '5 seconds',
           created_at + o * interval '5 seconds', 'notify'
    FROM jobs_variants,
         unnest(ARRAY['vlm_analyze', 'yolo_detect', 'planner', 'overlay']) WITH ORDINALITY AS s (step, o)
    """,
    """
    INSERT INTO feedly_dashboard.reviews (entry_id, job_id, job_variants_id, picture_asset_id, reviewer,
                                          verdict)
    SELECT uuid_generate_v4(), job_id, job_variants_id, overlaid_img_asset_id, reviewer,
           CASE WHEN random() > 0.4 THEN 'approve' ELSE 'reject' END
    FROM jobs_variants, unnest(ARRAY['지영', '민호']) reviewer
    WHERE overlaid_img_asset_id IS NOT NULL AND creation_order < 3
    """,
    """
    INSERT INTO feedly_dashboard.review_winners (job_id, job_variants_id, person)
    SELECT job_id, job_variants_id, '지영' FROM jobs_variants
    WHERE overlaid_img_asset_id IS NOT NULL AND creation_order = 1
    """,
    """
    INSERT INTO feedly_dashboard.review_meetings (meeting_id, title, presenter, agenda, started_at, ended_at)
    SELECT uuid_generate_v4(), 'Meeting ' || n, '지영',
           ARRAY(SELECT job_variants_id FROM jobs_variants WHERE overlaid_img_asset_id IS NOT NULL
                 ORDER BY created_at DESC OFFSET n * 20 LIMIT 20),
           now() - n * interval '1 day', now() - n * interval '1 day' + interval '1 hour'
    FROM generate_series(1, 60) n
    """,
)


def generate_decisions(connection: Connection) -> None:
    """What people decided about the generated jobs, and what the dashboard remembers of them."""
    cursor = connection.connection.cursor()
    for statement in _DECISIONS:
        cursor.execute(statement)
    cursor.execute("ANALYZE")
