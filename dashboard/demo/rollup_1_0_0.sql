-- Roll-up function of edition 1.0.0, as some databases still have it.
-- It asks for the status of the variants only: done at any step counts as the end of the job.
CREATE OR REPLACE FUNCTION check_all_variants_done() RETURNS trigger AS $$
DECLARE
    total integer;
    done integer;
    failed integer;
    new_step text;
    new_status text;
BEGIN
    SELECT count(*), count(*) FILTER (WHERE status = 'done'), count(*) FILTER (WHERE status = 'failed')
        INTO total, done, failed FROM jobs_variants WHERE job_id = NEW.job_id;
    IF done = total THEN
        new_status := 'done';
        new_step := 'iou_eval';
    ELSIF done + failed = total THEN
        new_status := 'failed';
        new_step := NEW.current_step;
    ELSE
        new_status := 'running';
        new_step := 'vlm_analyze';
    END IF;
    UPDATE jobs SET status = new_status, current_step = new_step, updated_at = now()
        WHERE job_id = NEW.job_id AND (status, current_step) IS DISTINCT FROM (new_status, new_step);
    RETURN NEW;
END;
$$ LANGUAGE plpgsql;
