"""The image service (YE): cuts the dish out, plans three backgrounds, makes three pictures.

For one of the demo's food photos, another photo of the same dish is taken. For any other upload, its middle
is put on a softened, tinted version of itself: clearly no photo generator, but three different pictures.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter
from sqlalchemy import Connection, Engine, select, update

from dashboard.demo.asset_store import Place, scene_of
from dashboard.demo.food_photos import another
from dashboard.demo.food_photos import cutout as cutout_of
from dashboard.demo.simulator import repository
from dashboard.demo.simulator.fake_vision import busiest_box
from dashboard.demo.simulator.pace import MODEL_SECONDS, Pace
from dashboard.demo.simulator.work import (
    Asset,
    Bench,
    JobWork,
    Outcome,
    Row,
    StepFailed,
    asset_row,
)
from feedly_core.domain.pipeline import Status
from feedly_core.domain.tables import gen_runs, gen_variants, image_assets, jobs_variants

PICTURES = 3
PROMPT_VERSION = "simulated-v1"
LARGEST_SIDE = 1080
TINTS = ((255, 236, 210), (214, 232, 226), (236, 220, 232))
NEGATIVE = "text, watermark, hands, blur"


@dataclass(frozen=True)
class Run:
    """One row of ``gen_runs``: the seed of its pictures and the URL of the cutout."""

    run_id: UUID
    seed: int
    cutout: str


def cut_out(work: JobWork, bench: Bench) -> Outcome:
    """``gen_vlm_analyze``: the cutout, the plan file and the queued run (left as ``run``)."""
    if work.input is None:
        raise StepFailed("no picture")
    photo = bench.asset_store.open(work.input.url).copy()
    photo.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    asset_id, run_id = bench.new_id(), bench.new_id()
    place = Place("ye", work.tenant_id, "cutout", bench.now)
    cutout = Asset(asset_id, bench.asset_store.save(_subject(photo), place, asset_id), *photo.size)
    rng = bench.noise("plan", work.desc_kor, bench.asset_store.fingerprint(work.input.url))
    seed = _run_seed(work, bench)
    plan = _plan_document(work, cutout, run_id, seed)
    url = bench.asset_store.save_json(plan, Place("ye", work.tenant_id, "plan", bench.now), f"{run_id}.json")
    run = {
        "run_id": run_id,
        "job_id": work.job_id,
        "tenant_id": work.tenant_id,
        "src_asset_id": work.input.asset_id,
        "cutout_asset_id": asset_id,
        "prompt_version": PROMPT_VERSION,
        "bg_width": photo.width,
        "bg_height": photo.height,
        "status": Status.QUEUED.value,
        "latency_ms": round(rng.lognormvariate(8.2, 0.2), 1),
        "plan_json_url": url,
    }
    rows = (asset_row(cutout, "pbg_cutout", work), Row(gen_runs, run))
    return Outcome(rows, leaves={"run": Run(run_id, seed, cutout.url)})


def paint(work: JobWork, bench: Bench, run: Run, order: int) -> Outcome:
    """One picture of ``img_gen`` (``order`` 1 to 3) and its variant, (vlm_analyze, queued)."""
    if work.input is None:
        raise StepFailed("no picture")
    photo = bench.asset_store.open(work.input.url).copy()
    photo.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    subject = bench.asset_store.open_cutout(run.cutout)
    picture, scene = _picture(photo, subject, order)
    canvas = Image.new("RGB", subject.size, "white")
    canvas.paste(subject, mask=subject.getchannel("A"))
    mask = subject.getchannel("A").point(lambda alpha: 255 - alpha)
    kinds = (("canvas", canvas, None), ("mask", mask, None), ("generated", picture, scene))
    assets = []
    for kind, image, drawn in kinds:
        asset_id = bench.new_id()
        url = bench.asset_store.save(image, Place("ye", work.tenant_id, kind, bench.now), asset_id, drawn)
        assets.append(Asset(asset_id, url, *image.size))
    rng = bench.noise("paint", run.seed, order)
    variant_id = bench.new_id()
    generation = {
        "gen_variant_id": bench.new_id(),
        "run_id": run.run_id,
        "index": order,
        "canvas_asset_id": assets[0].asset_id,
        "mask_asset_id": assets[1].asset_id,
        "bg_asset_id": assets[2].asset_id,
        "placement_preset_id": work.presets[order - 1] if len(work.presets) >= order else None,
        "prompt_en": f"{work.desc_eng or 'the dish'} on a table, background {order} (simulated)",
        "negative_en": NEGATIVE,
        "seed_base": run.seed % 10_000 + order,
        "infer_ms": round(rng.lognormvariate(8.6, 0.15), 1),
        "latency_ms": round(rng.lognormvariate(8.7, 0.15), 1),
    }
    variant = {
        "job_variants_id": variant_id,
        "job_id": work.job_id,
        "img_asset_id": assets[2].asset_id,
        "creation_order": order,
        "selected": None,
        "status": Status.QUEUED.value,
        "current_step": "vlm_analyze",
    }
    registered = [
        asset_row(asset, f"pbg_{kind}", work) for asset, (kind, _, _) in zip(assets, kinds, strict=True)
    ]
    rows = (*registered, Row(gen_variants, generation), Row(jobs_variants, variant))
    return Outcome(rows, leaves={"variant_id": variant_id, "image": assets[2]})


def analyze_upload(engine: Engine, work: JobWork, make_bench: Callable[[], Bench], pace: Pace) -> None:
    """The live ``gen_vlm_analyze``."""
    pace.wait(MODEL_SECONDS["gen_vlm_analyze"])
    bench = make_bench()
    with engine.begin() as connection:
        repository.store(connection, cut_out(work, bench), bench.now)


def generate_pictures(engine: Engine, work: JobWork, make_bench: Callable[[], Bench], pace: Pace) -> None:
    """The live ``img_gen``: each variant is committed as soon as its picture is there.

    INSERT does not notify, so ``updated_at`` is touched afterwards: the event that wakes YH.
    """
    with engine.begin() as connection:
        row = connection.execute(
            select(gen_runs.c.run_id, image_assets.c.image_url)
            .join(image_assets, image_assets.c.image_asset_id == gen_runs.c.cutout_asset_id)
            .where(gen_runs.c.job_id == work.job_id)
            .order_by(gen_runs.c.created_at.desc())
            .limit(1)
        ).first()
        if row is None:
            raise StepFailed("no plan")
        made = set(
            connection.scalars(select(gen_variants.c.index).where(gen_variants.c.run_id == row.run_id))
        )
        _set_run(connection, row.run_id, "running")
    run = Run(row.run_id, _run_seed(work, make_bench()), row.image_url)
    for order in sorted(set(range(1, PICTURES + 1)) - made):
        pace.wait(MODEL_SECONDS["img_gen"])
        bench = make_bench()
        outcome = paint(work, bench, run, order)
        with engine.begin() as connection:
            repository.store(connection, outcome, bench.now)
        with engine.begin() as connection:
            connection.execute(
                update(jobs_variants)
                .where(jobs_variants.c.job_variants_id == outcome.leaves["variant_id"])
                .values(updated_at=make_bench().now)
            )
    with engine.begin() as connection:
        _set_run(connection, row.run_id, "succeeded")


def _run_seed(work: JobWork, bench: Bench) -> int:
    return bench.noise("run", work.desc_kor).randrange(1_000_000)


def _picture(
    photo: Image.Image, subject: Image.Image, order: int
) -> tuple[Image.Image, dict[str, object] | None]:
    document = scene_of(photo)
    if document is not None:
        other = another(document, order, photo.size)
        return other.image, other.note
    backdrop = photo.filter(ImageFilter.GaussianBlur(max(photo.size) / 40))
    tint = Image.new("RGB", photo.size, TINTS[(order - 1) % len(TINTS)])
    backdrop = ImageEnhance.Brightness(Image.blend(backdrop, tint, 0.45)).enhance(0.8 + 0.12 * order)
    shift = (0, round(photo.height * (0.02, 0.08, -0.04)[(order - 1) % 3]))
    backdrop.paste(subject, shift, subject.getchannel("A"))
    return backdrop, None


def _subject(photo: Image.Image) -> Image.Image:
    """The dish alone (RGBA, same size): as its note says, or a soft ellipse around the busiest part."""
    document = scene_of(photo)
    if document is not None:
        return cutout_of(photo, document)
    left, top, right, bottom = busiest_box(photo).to_pixels(photo.size)
    mask = Image.new("L", photo.size)
    ImageDraw.Draw(mask).ellipse((left, top, right, bottom), fill=255)
    mask = mask.filter(ImageFilter.GaussianBlur(max(photo.size) / 60))
    subject = photo.convert("RGBA")
    subject.putalpha(mask)
    return subject


def _plan_document(work: JobWork, cutout: Asset, run_id: UUID, seed: int) -> dict[str, object]:
    source = work.input
    placements = {
        f"variant{order}": {
            "x_percent": 50,
            "y_percent": 52 + 3 * order,
            "size_percent": 60 + 5 * order,
            "rotation_deg": 0,
            "placement_preset_id": str(work.presets[order - 1]) if len(work.presets) >= order else None,
            "seed": seed % 10_000 + order,
        }
        for order in range(1, PICTURES + 1)
    }
    return {
        "job_id": str(work.job_id),
        "gen_run_id": str(run_id),
        "tenant_id": work.tenant_id,
        "meta": {
            "canvas_width": cutout.width,
            "canvas_height": cutout.height,
            "pbg_prompt_version": PROMPT_VERSION,
        },
        "image": {
            "filename": source.url.rsplit("/", 1)[-1] if source else None,
            "uploaded_url": source.url if source else None,
            "cutout_url": cutout.url,
            "src_asset_id": str(source.asset_id) if source else None,
            "cutout_asset_id": str(cutout.asset_id),
            "creator_id": None,
        },
        "tone_style_id": str(work.tone_style_id),
        "tone_style_label": work.tone_name,
        "background_prompts": {
            "base_prompt": {
                "prompt": "a table in a warm restaurant (simulated)",
                "negative_prompt": NEGATIVE,
            },
            **placements,
        },
    }


def _set_run(connection: Connection, run_id: UUID, status: str) -> None:
    connection.execute(update(gen_runs).where(gen_runs.c.run_id == run_id).values(status=status))
