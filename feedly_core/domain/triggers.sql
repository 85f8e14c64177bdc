-- The trigger chain of FeedlyAI, edition 1.3.0: three functions, three triggers.
-- Running this file again replaces them. INSERT and DELETE never notify.

CREATE OR REPLACE FUNCTION notify_job_state_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.current_step IS DISTINCT FROM NEW.current_step OR OLD.status IS DISTINCT FROM NEW.status THEN
        PERFORM pg_notify('job_state_changed', json_build_object(
            'job_id', NEW.job_id::text,
            'current_step', NEW.current_step,
            'status', NEW.status,
            'tenant_id', NEW.tenant_id,
            'updated_at', NEW.updated_at
        )::text);
    END IF;
    RETURN NEW;
END
$$;

DROP TRIGGER IF EXISTS job_state_change_trigger ON jobs;
CREATE TRIGGER job_state_change_trigger
    AFTER UPDATE ON jobs
    FOR EACH ROW EXECUTE FUNCTION notify_job_state_change();

-- A changed updated_at alone notifies too: the image service hands its variants over that way.
CREATE OR REPLACE FUNCTION notify_job_variant_state_change() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.current_step IS DISTINCT FROM NEW.current_step
        OR OLD.status IS DISTINCT FROM NEW.status
        OR OLD.updated_at IS DISTINCT FROM NEW.updated_at
    THEN
        RAISE NOTICE '[NOTIFY_TRIGGER] variant % at (%, %)', NEW.job_variants_id, NEW.current_step, NEW.status;
        PERFORM pg_notify('job_variant_state_changed', json_build_object(
            'job_variants_id', NEW.job_variants_id::text,
            'job_id', NEW.job_id::text,
            'current_step', NEW.current_step,
            'status', NEW.status,
            'img_asset_id', NEW.img_asset_id::text,
            'tenant_id', (SELECT jobs.tenant_id FROM jobs WHERE jobs.job_id = NEW.job_id),
            'updated_at', NEW.updated_at
        )::text);
    END IF;
    RETURN NEW;
END
$$;

DROP TRIGGER IF EXISTS job_variant_state_change_trigger ON jobs_variants;
CREATE TRIGGER job_variant_state_change_trigger
    AFTER UPDATE ON jobs_variants
    FOR EACH ROW EXECUTE FUNCTION notify_job_variant_state_change();

-- The roll-up of a job from its variants; the first rule that fits wins.
CREATE OR REPLACE FUNCTION check_all_variants_done() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    total integer;
    done integer;
    failed integer;
    running integer;
    queued integer;
    here_done integer;
    new_status text;
    new_step text;
BEGIN
    IF NEW.current_step = 'img_gen' THEN
        RETURN NEW;
    END IF;

    SELECT count(*),
           count(*) FILTER (WHERE v.status = 'done'),
           count(*) FILTER (WHERE v.status = 'failed'),
           count(*) FILTER (WHERE v.status = 'running'),
           count(*) FILTER (WHERE v.status = 'queued'),
           count(*) FILTER (WHERE v.status = 'done' AND v.current_step = NEW.current_step)
    INTO total, done, failed, running, queued, here_done
    FROM jobs_variants v
    WHERE v.job_id = NEW.job_id;

    IF NEW.current_step = 'iou_eval' AND NEW.status = 'done' THEN
        new_step := 'iou_eval';
        IF here_done = total AND running = 0 AND queued = 0 AND failed = 0 THEN
            new_status := 'done';
        ELSE
            new_status := 'running';
        END IF;
    ELSIF here_done = total THEN
        new_status := 'done';
        new_step := NEW.current_step;
    ELSIF failed > 0 AND done + failed = total THEN
        new_status := 'failed';
        new_step := NEW.current_step;
    ELSIF running > 0 OR queued > 0 OR done > 0 OR failed > 0 THEN
        new_status := 'running';
        IF here_done > 0 THEN
            new_step := NEW.current_step;
        END IF;
    ELSE
        RETURN NEW;
    END IF;

    RAISE NOTICE '[TRIGGER] job % rolled up to (%, %)', NEW.job_id, new_step, new_status;
    UPDATE jobs
    SET status = new_status,
        current_step = coalesce(new_step, jobs.current_step),
        updated_at = CURRENT_TIMESTAMP
    WHERE jobs.job_id = NEW.job_id
        AND (jobs.status IS DISTINCT FROM new_status
            OR jobs.current_step IS DISTINCT FROM coalesce(new_step, jobs.current_step));
    RETURN NEW;
END
$$;

DROP TRIGGER IF EXISTS check_all_variants_done_trigger ON jobs_variants;
CREATE TRIGGER check_all_variants_done_trigger
    AFTER UPDATE ON jobs_variants
    FOR EACH ROW
    WHEN (NEW.status IN ('done', 'failed'))
    EXECUTE FUNCTION check_all_variants_done();
