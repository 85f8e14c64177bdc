"""The report of one job on a real database: complete, attributed, in ten statements."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import Connection, Engine, event, select, text

from feedly_core.db.engine import capabilities, reading, writing
from feedly_core.db.job_lookup import find_job
from feedly_core.domain import tables as t
from feedly_core.errors import NotFound
from feedly_core.results.attribution import Certainty, Used
from feedly_core.results.calls import known_cost
from feedly_core.results.report import job_report
from feedly_core.results.report_types import JobReport
from tests.factories import BEGAN, TEXT, MadeJob, ReportWriter, proposals, write_job


def report_of(engine: Engine, job: MadeJob) -> JobReport:
    with reading(engine) as connection:
        return job_report(connection, job.job_id)


def test_a_finished_job_is_reported_whole(engine: Engine) -> None:
    job = write_job(engine)
    report = report_of(engine, job)
    assert (report.job.tenant_name, report.job.store, report.job.version) == (
        "데모 식당",
        "온기 국밥",
        "2.3.1",
    )
    assert report.job.tone["kor_name"] == "따뜻한 감성"
    assert [variant.variant_id for variant in report.variants] == list(job.variant_ids)
    first = report.variants[0]
    assert first.overlay is not None and first.overlay.layout.text == TEXT
    assert first.overlaid is not None and first.overlaid.asset_id == job.overlaid_ids[0]
    assert [item.label for item in first.detections.boxes] == ["bowl"]
    assert first.ocr is not None and first.ocr.value.accuracy == 0.88
    assert first.readability is not None and first.readability.value.contrast_ratio == 9.1
    assert first.iou is not None and first.iou.value.with_food == 0.0
    assert first.analysis is not None and first.analysis.value.font is not None
    assert [stage.stage for stage in report.copies] == [
        "kor_to_eng",
        "ad_copy_eng",
        "ad_copy_kor",
        "eng_to_kor",
    ]
    assert report.copies[2].text == TEXT
    assert report.feed is not None and report.feed.hashtags == ("#국밥", "#따끈한저녁", "#온기국밥")
    assert report.not_in_schema == ()
    assert not any(variant.unreadable for variant in report.variants)


def test_each_variant_has_its_own_verdict_and_planner_run(engine: Engine) -> None:
    job = write_job(engine)
    report = report_of(engine, job)
    said = [variant.judgement.value.text for variant in report.variants if variant.judgement]
    assert said == ["verdict of variant 1", "verdict of variant 2", "verdict of variant 3"]
    runs = [variant.planner.run.proposal_id for variant in report.variants if variant.planner.run]
    assert runs == list(job.proposal_ids)
    assert {variant.planner.certainty for variant in report.variants} == {Certainty.EXACT}
    assert [variant.planner.used for variant in report.variants] == [
        Used.PROPOSAL,
        Used.ELSEWHERE,
        Used.PROPOSAL,
    ]


@pytest.fixture
def statements(engine: Engine) -> list[str]:
    seen: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
    return seen


def test_one_statement_whatever_the_number_of_variants(engine: Engine, statements: list[str]) -> None:
    counts = []
    for variants in (1, 3, 30):
        job = write_job(engine, variants=variants)
        with reading(engine) as connection:
            capabilities(connection)
            statements.clear()
            job_report(connection, job.job_id)
            counts.append(len(statements))
    assert counts == [1, 1, 1]


def test_the_newest_of_repeated_results_counts_and_the_number_is_told(engine: Engine) -> None:
    def repeat(writer: ReportWriter) -> None:
        writer.drawn(0, (0.1, 0.05, 0.8, 0.18))
        for metrics in ({"ocr_accuracy": 0.1}, {"ocr_accuracy": 0.77}):
            writer.row(
                t.evaluations,
                job_id=writer.job_id,
                overlay_id=writer.overlay_ids[0],
                evaluation_type="ocr",
                metrics=metrics,
            )
        writer.analysed(0)

    first = report_of(engine, write_job(engine, change=repeat)).variants[0]
    assert first.ocr is not None and (first.ocr.value.accuracy, first.ocr.rows) == (0.77, 3)
    assert first.overlay is not None and first.overlay.rows == 2
    assert len(first.detections.boxes) == 1


def test_an_evaluation_of_an_unknown_type_is_kept_as_it_is(engine: Engine) -> None:
    def add(writer: ReportWriter) -> None:
        for score in (0.2, 0.31):
            writer.row(
                t.evaluations,
                overlay_id=writer.overlay_ids[0],
                evaluation_type="clip_score",
                metrics={"clip": score},
            )

    first, second, _ = report_of(engine, write_job(engine, change=add)).variants
    assert first.other_evaluations == {"clip_score": {"clip": 0.31}}
    assert second.other_evaluations == {}


def test_a_default_placement_is_told_from_rule_top(engine: Engine) -> None:
    def default(writer: ReportWriter) -> None:
        writer.connection.execute(t.overlay_layouts.update().values(proposal_id=None))

    planner = report_of(engine, write_job(engine, own_pictures=True, change=default)).variants[0].planner
    assert (planner.used, planner.item, planner.certainty) == (Used.DEFAULT, None, Certainty.SHARED)


@pytest.mark.parametrize("named_by", ["proposal_image_asset_id", "proposal_image_url"])
def test_the_planner_s_picture_is_the_one_that_its_run_names(engine: Engine, named_by: str) -> None:
    drawn: list[UUID] = []

    def name(writer: ReportWriter) -> None:
        for run in reversed(writer.proposal_ids):  # made in another order than the variants
            asset = writer.picture("planner")[0]
            drawn.insert(0, asset)
            url = writer.connection.scalar(
                select(t.image_assets.c.image_url).where(t.image_assets.c.image_asset_id == asset)
            )
            value = str(asset) if named_by.endswith("id") else url
            writer.connection.execute(
                t.planner_proposals.update()
                .where(t.planner_proposals.c.proposal_id == run)
                .values(layout={**proposals(), named_by: value})
            )

    report = report_of(engine, write_job(engine, change=name))
    assert [variant.planner_picture and variant.planner_picture.asset_id for variant in report.variants] == (
        drawn
    )
    assert not any(variant.planner_picture_guessed for variant in report.variants)


@pytest.mark.parametrize("variants", [1, 3])
def test_a_planner_picture_that_nothing_names_is_a_guess_among_several(engine: Engine, variants: int) -> None:
    drawn: list[UUID] = []
    job = write_job(
        engine,
        variants=variants,
        change=lambda writer: drawn.extend(writer.picture("planner")[0] for _ in range(variants)),
    )
    report = report_of(engine, job)
    assert {variant.planner_picture and variant.planner_picture.asset_id for variant in report.variants} == (
        set(drawn)
    )
    assert [variant.planner_picture_guessed for variant in report.variants] == [variants > 1] * variants


def test_job_level_verdicts_are_marked_as_such(engine: Engine) -> None:
    def forget(writer: ReportWriter) -> None:
        writer.connection.execute(t.vlm_traces.update().values(job_variants_id=None, request={}))

    report = report_of(engine, write_job(engine, change=forget))
    assert all(variant.judgement and not variant.judgement.of_variant for variant in report.variants)


def test_unknown_price_is_unknown_cost(engine: Engine) -> None:
    report = report_of(engine, write_job(engine))
    total, unknown = known_cost(report.calls)
    assert total == pytest.approx(180e-6 * 0.15 + 95e-6 * 0.6)
    assert unknown == 1
    steps = [call.step for call in report.calls]
    assert steps[0] == "vlm_analyze" and steps[-1] == "instagram_feed_gen"


def test_a_job_without_anything_is_a_report_too(engine: Engine) -> None:
    with writing(engine) as connection:
        writer = ReportWriter(connection, "bare", BEGAN)
        connection.execute(t.jobs.insert().values(job_id=writer.job_id))
    report = report_of(engine, writer.job)
    assert (report.variants, report.feed, report.input_picture, report.calls) == ((), None, None, ())


def test_an_unknown_job_is_not_found(connection: Connection) -> None:
    with pytest.raises(NotFound, match="no job"):
        job_report(connection, UUID(int=7))


@pytest.mark.parametrize("junk", ['"text"', "[]", '{"proposals": 3, "text": [], "render": "x"}', "null"])
def test_malformed_documents_leave_the_rest_readable(engine: Engine, junk: str) -> None:
    def spoil(writer: ReportWriter) -> None:
        for table, column in (
            ("planner_proposals", "layout"),
            ("overlay_layouts", "layout"),
            ("vlm_traces", "response"),
            ("vlm_traces", "request"),
            ("detections", "box"),
            ("llm_traces", "response"),
            ("evaluations", "metrics"),
        ):
            writer.connection.execute(
                text(f"UPDATE {table} SET {column} = CAST(:junk AS jsonb)"), {"junk": junk}
            )

    report = report_of(engine, write_job(engine, change=spoil))
    assert len(report.variants) == 3
    assert report.feed is not None
    assert report.variants[0].overlaid is not None
    assert report.variants[0].overlay is not None and report.variants[0].overlay.layout.box is not None


LATE_COLUMNS = (
    "jobs.retry_count",
    "jobs.version",
    "jobs_variants.retry_count",
    "jobs_variants.selected",
    "jobs_variants.overlaid_img_asset_id",
    "overlay_layouts.job_variants_id",
    "overlay_layouts.latency_ms",
    "vlm_traces.job_variants_id",
    "image_assets.job_id",
    "image_assets.width",
    "llm_traces.llm_model_id",
    "llm_traces.prompt_tokens",
    "llm_traces.token_usage",
    "planner_proposals.latency_ms",
    "yolo_runs.latency_ms",
    "instagram_feeds.ad_copy_kor",
)


TABLES = (
    "stores",
    "tone_styles",
    "yolo_runs",
    "planner_proposals",
    "overlay_layouts",
    "detections",
    "evaluations",
    "vlm_traces",
    "llm_traces",
    "llm_models",
    "txt_ad_copy_generations",
    "instagram_feeds",
)


def test_a_missing_column_or_table_costs_only_what_needs_it(engine: Engine) -> None:
    job = write_job(engine)
    changes = [
        f"ALTER TABLE {place.split('.')[0]} DROP COLUMN {place.split('.')[1]}" for place in LATE_COLUMNS
    ]
    changes += [f"DROP TABLE {table}" for table in TABLES]
    for change in changes:
        with engine.connect() as connection:
            connection.execute(text(f"{change} CASCADE"))
            capabilities(connection, fresh=True)
            report = job_report(connection, job.job_id)
            connection.rollback()
        assert len(report.variants) == 3, change
        assert (report.feed is None) == change.endswith("TABLE instagram_feeds"), change
        assert all(variant.overlaid for variant in report.variants), change
        if "evaluations" not in change and "overlay_layouts" not in change:
            assert all(variant.ocr for variant in report.variants), change
        if change != "DROP TABLE vlm_traces":
            assert all(variant.judgement for variant in report.variants), change


def test_find_job_by_prefix(engine: Engine) -> None:
    job = write_job(engine, variants=1)
    with reading(engine) as connection:
        assert find_job(connection, str(job.job_id)) == job.job_id
        assert find_job(connection, f" {str(job.job_id)[:10].upper()}") == job.job_id
        for wrong in ("", "ab", "zzzz", "0; drop table jobs", str(job.job_id) + "0"):
            with pytest.raises(NotFound, match="no job id"):
                find_job(connection, wrong)
        with pytest.raises(NotFound, match="There is no job"):
            find_job(connection, "ffffffff" if not str(job.job_id).startswith("ffffffff") else "eeeeeeee")


def test_an_ambiguous_prefix_asks_for_more(engine: Engine) -> None:
    with writing(engine) as connection:
        for last in (1, 2):
            connection.execute(t.jobs.insert().values(job_id=UUID(int=(0xABCD << 112) + last)))
    with reading(engine) as connection, pytest.raises(NotFound, match="More than one"):
        find_job(connection, "abcd")


def test_what_nobody_can_use_is_named_and_the_rest_stands(engine: Engine) -> None:
    def spoil(writer: ReportWriter) -> None:
        writer.connection.execute(
            text("UPDATE vlm_traces SET latency_ms = 'Infinity', updated_at = 'infinity'")
        )
        writer.connection.execute(text("UPDATE jobs SET created_at = '0044-03-15 12:00+00 BC'"))
        writer.connection.execute(text("UPDATE jobs_variants SET creation_order = 7"))

    report = report_of(engine, write_job(engine, change=spoil))
    assert set(report.unusable) == {"vlm_traces.latency_ms", "vlm_traces.updated_at", "jobs.created_at"}
    assert {call.latency_ms for call in report.calls if call.step == "vlm_analyze"} == {None}
    assert [variant.order for variant in report.variants] == [1, 2, 3]
