"""Making, steering and removing test jobs from a terminal."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image
from sqlalchemy import Engine, func, insert, select, update

from feedly_core.campaigns.campaigns import list_campaigns, start_campaign
from feedly_core.campaigns.schedule import Mode, Schedule
from feedly_core.campaigns.store import CampaignPlan
from feedly_core.db.engine import reading, writing
from feedly_core.diagnostics.ye_completion import waiting_for_ye
from feedly_core.domain import tables as t
from feedly_core.jobs.cleanup import MANY
from feedly_core.jobs.request import JobKind, JobRequest
from feedly_core.jobs.samples import sample_pictures
from feedly_core.permissions import Person, Role
from feedly_core.settings import Settings
from tests.factories import make_job
from tests.moving_job import insert_job
from tests.terminal import program
from tests.waiting import wait_until

PROJECT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def environment(settings: Settings, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.database_url is not None
    monkeypatch.setenv("DATABASE_URL", settings.database_url.get_secret_value())
    monkeypatch.setenv("ASSETS_DIR", str(settings.assets_dir))
    monkeypatch.setenv("LANG", "C")
    monkeypatch.setenv("COLUMNS", "160")
    with writing(engine) as connection:
        connection.execute(insert(t.tone_styles).values(code="a"))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(program(), list(arguments))


def jobs(engine: Engine) -> list[tuple[str, str]]:
    with reading(engine) as connection:
        rows = connection.execute(
            select(t.jobs.c.tenant_id, t.jobs.c.current_step).order_by(t.jobs.c.created_at)
        )
        return [(row.tenant_id, row.current_step) for row in rows]


def test_one_full_job_with_a_picture_of_ones_own(engine: Engine, tmp_path: Path) -> None:
    picture = tmp_path / "shop.png"
    Image.new("RGB", (40, 30)).save(picture)
    result = run(
        *("create", "full", "--once", "--image", str(picture)),
        *("--tenant-id", "my_test", "--variants-count", "2", "--desc-kor", "국밥"),
    )
    assert result.exit_code == 0, result.output
    assert jobs(engine) == [("my_test", "img_gen")]
    with reading(engine) as connection:
        assert connection.scalar(select(func.count()).select_from(t.jobs_variants)) == 2
        assert connection.scalar(select(t.image_assets.c.width)) == 40
        assert str(connection.scalar(select(t.jobs.c.job_id))) in result.output


def test_several_pictures_follow_one_flag(engine: Engine, tmp_path: Path) -> None:
    files = [tmp_path / f"{number}.png" for number in (1, 2)]
    for number, file in enumerate(files, 1):
        Image.new("RGB", (10 * number, 10)).save(file)
    result = run("create", "full", "--variants-count", "2", "--image", *map(str, files), "--once")
    assert result.exit_code == 0, result.output
    with reading(engine) as connection:
        in_turn = select(t.image_assets.c.width).join(
            t.jobs_variants, t.jobs_variants.c.img_asset_id == t.image_assets.c.image_asset_id
        )
        assert connection.scalars(in_turn.order_by(t.jobs_variants.c.creation_order)).all() == [10, 20]


def test_tone_and_ad_copy_are_flags_too(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(insert(t.tone_styles).values(code="retro", kor_name="레트로"))
    result = run("create", "full", "--once", "--tone", "레트로", "--ad-copy-kor", "겨울 한정", "--no-start")
    assert result.exit_code == 0, result.output
    with reading(engine) as connection:
        chosen = select(t.tone_styles.c.code).join(t.job_inputs)
        assert connection.scalar(chosen) == "retro"
        korean = t.txt_ad_copy_generations.c.ad_copy_kor
        assert connection.scalar(select(korean).where(korean.is_not(None))) == "겨울 한정"
    assert "retro" in str(run("create", "full", "--once", "--tone", "nowhere").exception)


def test_a_table_is_made_only_when_every_line_is_good_or_when_told(engine: Engine, tmp_path: Path) -> None:
    table = tmp_path / "jobs.csv"
    table.write_text("설명,사진,시안 수\n국밥,cake.png,2\n냉면,nowhere.png,2\n", encoding="utf-8")
    refused = run("create", "table", str(table), "--no-start")
    assert refused.exit_code == 1
    assert "Line 3: There is no picture called nowhere.png." in refused.output
    assert jobs(engine) == []
    made = run("create", "table", str(table), "--no-start", "--only-good", "--tenant-id", "table_test")
    assert made.exit_code == 0 and "1 job is made." in made.output
    assert jobs(engine) == [("table_test", "img_gen")]


def test_the_defaults_are_those_that_the_team_knows(engine: Engine) -> None:
    assert run("create", "full", "--once").exit_code == 0
    assert run("create", "ye", "--once").exit_code == 0
    assert jobs(engine) == [("pipeline_test_tenant_v2", "img_gen"), ("ye_test_tenant", "user_img_input")]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--image", "/nowhere.png"), "/nowhere.png"),
        (("--image", __file__), "not a PNG, JPEG, WebP"),
        (("--variants-count", "11"), "between 1 and 10"),
    ],
)
def test_what_cannot_be_made_says_why_and_writes_nothing(
    engine: Engine, arguments: tuple[str, ...], reason: str
) -> None:
    result = run("create", "full", "--once", *arguments)
    assert result.exit_code != 0
    assert reason in str(result.exception)
    assert jobs(engine) == []


def test_a_campaign_runs_to_its_limit_and_prints_its_statistics(engine: Engine, our_schema: None) -> None:
    """Without --once this process drives; YE jobs at rest are never waited for."""
    result = run("create", "ye", "--create-interval", "0.05", "--max-jobs", "3")
    assert result.exit_code == 0, result.output
    assert len(jobs(engine)) == 3
    assert "Jobs: 3 made, 0 completed, 0 failed." in result.output
    with reading(engine) as connection:
        (summary,) = list_campaigns(connection)
    assert (summary.campaign.state.value, summary.made) == ("finished", 3)


def test_a_campaign_ends_after_so_many_minutes(engine: Engine, our_schema: None) -> None:
    result = run("create", "ye", "--create-interval", "0.05", "--max-minutes", "0.01", "--max-jobs", "9999")
    assert result.exit_code == 0, result.output
    with reading(engine) as connection:
        (summary,) = list_campaigns(connection)
    assert summary.campaign.state.value == "finished" and 1 <= summary.made < 9999


def test_ctrl_c_stops_the_campaign_cleanly(engine: Engine, our_schema: None, settings: Settings) -> None:
    command = [sys.executable, "-m", "feedly_core", "create", "full", "--create-interval", "0.2"]
    process = subprocess.Popen(
        command, cwd=PROJECT, env=dict(os.environ), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    wait_until(lambda: len(jobs(engine)) >= 2, timeout=60, what="two jobs")
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=30)
    assert process.returncode == 0, output.decode()
    assert b"completed" in output and b"Traceback" not in output
    made = len(jobs(engine))
    with reading(engine) as connection:
        (summary,) = list_campaigns(connection)
    assert (summary.campaign.state.value, summary.made) == ("stopped", made)


def test_campaigns_are_listed_paused_resumed_and_stopped(engine: Engine, our_schema: None) -> None:
    run("create", "ye", "--create-interval", "0.05", "--max-jobs", "1")
    with reading(engine) as connection:
        (summary,) = list_campaigns(connection)
    prefix = str(summary.campaign.campaign_id)[:8]
    listed = run("campaign", "list")
    assert prefix in listed.output and "1/1" in listed.output
    assert "Ended" in str(run("campaign", "pause", prefix).exception)
    assert "names 0 campaigns" in str(run("campaign", "stop", "zz").exception)


def test_a_campaign_that_runs_elsewhere_is_steered_by_the_beginning_of_its_id(
    engine: Engine, our_schema: None, settings: Settings
) -> None:
    plan = CampaignPlan(
        JobRequest(JobKind.FULL, "a_test", (), ""), ("국",), sample_pictures(), Schedule(Mode.INTERVAL)
    )
    started = start_campaign(engine, plan, Person("kim", Role.OPERATOR), settings)
    for command, state in (("pause", "paused"), ("resume", "running"), ("stop", "stopped")):
        result = run("campaign", command, str(started)[:6])
        assert result.exit_code == 0, result.output
        with reading(engine) as connection:
            (summary,) = list_campaigns(connection)
        assert summary.campaign.state.value == state
    assert "kim" in run("campaign", "list").output


def test_the_statistics_tell_how_long_completed_jobs_took(engine: Engine, our_schema: None) -> None:
    """The test plays the services: the one job is complete as soon as it is there."""
    arguments = ("create", "full", "--wait-for-completion", "--max-jobs", "1", "--no-start")
    with ThreadPoolExecutor(1) as terminal:
        result = terminal.submit(run, *arguments)
        wait_until(lambda: len(jobs(engine)) == 1, timeout=30, what="the job")
        with writing(engine) as connection:
            connection.execute(update(t.jobs).values(current_step="instagram_feed_gen", status="done"))
        output = result.result(timeout=60).output
    assert "Jobs: 1 made, 1 completed, 0 failed." in output
    assert re.search(r"Completion time: mean \d+\.\d s, p95 \d+\.\d s\.", output)


def test_removing_lists_first_and_removes_only_when_told(engine: Engine) -> None:
    make_job(engine, tenant_id="a_test")
    make_job(engine, tenant_id="customer")
    dry = run("remove-jobs", "--tenant-id", "a_test")
    assert "1 job fits." in dry.output and "jobs_variants" in dry.output
    assert len(jobs(engine)) == 2
    assert "1 job removed." in run("remove-jobs", "--tenant-id", "a_test", "--yes").output
    assert "0 jobs fit." in run("remove-jobs", "--tenant-id", "customer", "--yes").output
    assert [tenant for tenant, _ in jobs(engine)] == ["customer"]


def test_more_jobs_than_are_removed_at_once_are_said_to_be_left(engine: Engine) -> None:
    with writing(engine) as connection:
        for _ in range(MANY):
            insert_job(connection, variants=0, with_copy=False)
    assert "oldest" not in run("remove-jobs").output
    with writing(engine) as connection:
        insert_job(connection, variants=0, with_copy=False)
    assert f"The oldest {MANY} are chosen at once" in run("remove-jobs").output


def test_the_schema_is_installed_on_request(engine: Engine) -> None:
    refused = run("create", "ye", "--max-jobs", "1")
    assert "install-schema" in str(refused.exception)
    assert run("install-schema").exit_code == 0
    assert run("create", "ye", "--create-interval", "0.05", "--max-jobs", "1").exit_code == 0


def test_simulating_ye_lists_first_and_ends_at_the_first_variant_that_nobody_takes(engine: Engine) -> None:
    """No service listens here: the first variant is moved, the others stay usable."""
    make_job(
        engine, step="user_img_input", variants=[("user_img_input", "done")] * 3, tenant_id="ye_test_tenant"
    )
    dry = run("simulate-ye", "--dry-run")
    assert "3 variants wait." in dry.output and dry.output.count("UPDATE jobs_variants") == 6
    with reading(engine) as connection:
        assert len(waiting_for_ye(connection)) == 3
    result = run("simulate-ye")
    assert result.exit_code == 2
    with reading(engine) as connection:
        assert [each.number for each in waiting_for_ye(connection)] == [2, 3]
