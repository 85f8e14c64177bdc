"""Seed data of the demo: tenants, shops, tones, models with their prices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from dashboard.demo.sample_texts import TONES, Tone
from dashboard.demo.simulator.repository import SIMULATED_MODEL
from dashboard.demo.simulator.work import Row
from feedly_core.domain.tables import (
    gen_models,
    llm_models,
    pbg_placement_presets,
    pbg_prompt_assets,
    stores,
    tenants,
    tone_styles,
    users,
)

NAMESPACE = UUID("5f1d7c5e-0d0e-4d3e-9c6b-8a1f2e4b7c10")
"""Root of the fixed ids, so that every demo database has the same ids."""

PRESETS = ((0.5, 0.56, 0.72), (0.42, 0.62, 0.64), (0.58, 0.6, 0.68))
"""Placement of the dish for the three pictures: centre x, centre y, size (ratios)."""


@dataclass(frozen=True)
class Shop:
    """One tenant with its store, and the dishes it sells (kinds of :mod:`sample_texts`)."""

    tenant_id: str
    name: str
    category: str
    body: str
    kinds: tuple[str, ...]

    @property
    def store_id(self) -> UUID:
        return fixed_id("store", self.tenant_id)


SHOPS = (
    Shop(
        "demo-hanok-bapsang",
        "한옥밥상",
        "한식",
        "골목 안 작은 한옥, 매일 아침 육수를 새로 냅니다. 11:00–21:00, 월요일 쉽니다.",
        ("stew", "noodles", "bibimbap"),
    ),
    Shop(
        "demo-dalbit-cafe",
        "달빛카페",
        "카페·디저트",
        "늦은 밤까지 불을 켜 두는 동네 카페입니다. 10:00–24:00, 연중무휴.",
        ("coffee", "cake", "donut"),
    ),
    Shop(
        "demo-oreumso-kitchen",
        "오름소 키친",
        "브런치·피자",
        "화덕과 제철 채소로 차리는 브런치 식당입니다. 09:30–20:00, 화요일 쉽니다.",
        ("pizza", "salad", "sandwich"),
    ),
)


def fixed_id(*what: object) -> UUID:
    return uuid5(NAMESPACE, "/".join(str(part) for part in what))


def tone_id(tone: Tone) -> UUID:
    return fixed_id("tone", tone.code)


def preset_ids(tone: Tone) -> tuple[UUID, ...]:
    return tuple(fixed_id("preset", tone.code, order) for order in range(1, len(PRESETS) + 1))


MODEL_ID = fixed_id("model", SIMULATED_MODEL)


def insert_seed_data(connection: Connection, now: datetime) -> None:
    """Insert the seed data; keep rows that exist."""
    for row in _rows():
        times = {name: now for name in ("created_at", "updated_at") if name in row.table.c}
        connection.execute(insert(row.table).values(**times, **row.values).on_conflict_do_nothing())


def has_seed_data(connection: Connection) -> bool:
    return (
        connection.scalar(select(llm_models.c.llm_model_id).where(llm_models.c.llm_model_id == MODEL_ID))
        is not None
    )


def _rows() -> list[Row]:
    rows = [
        Row(
            llm_models,
            {
                "llm_model_id": MODEL_ID,
                "model_name": SIMULATED_MODEL,
                "model_version": "2024-07-18",
                "provider": "simulated-openai",
                "default_temperature": 0.7,
                "default_max_tokens": 1000,
                "prompt_token_cost_per_1m": 0.15,
                "completion_token_cost_per_1m": 0.6,
                "description": "Stands in for gpt-4o-mini in the demo; nothing is called.",
            },
        ),
        Row(gen_models, {"model_id": fixed_id("model", "pbg"), "name": "simulated-pbg", "version": "1"}),
        Row(users, {"user_id": fixed_id("user"), "uid": "demo-owner"}),
    ]
    for shop in SHOPS:
        rows += _shop_rows(shop)
    for tone in TONES:
        rows += _tone_rows(tone)
    return rows


def _shop_rows(shop: Shop) -> list[Row]:
    store = {
        "store_id": shop.store_id,
        "user_id": fixed_id("user"),
        "title": shop.name,
        "body": shop.body,
        "store_category": shop.category,
    }
    return [Row(tenants, {"tenant_id": shop.tenant_id, "display_name": shop.name}), Row(stores, store)]


def _tone_rows(tone: Tone) -> list[Row]:
    style = {
        "tone_style_id": tone_id(tone),
        "code": tone.code,
        "kor_name": tone.kor_name,
        "eng_name": tone.eng_name,
        "description": tone.opening,
    }
    prompt = {
        "prompt_asset_id": fixed_id("prompt", tone.code),
        "tone_style_id": tone_id(tone),
        "prompt_type": tone.eng_name,
        "prompt_version": "simulated-v1",
        "prompt": {"en": f"{tone.eng_name}: a table in a warm restaurant"},
        "negative_prompt": {"en": "text, watermark, hands, blur"},
    }
    presets = [
        Row(
            pbg_placement_presets,
            {
                "placement_preset_id": preset_id,
                "prompt_type": tone.eng_name,
                "preset_order": order,
                "x": x,
                "y": y,
                "size": size,
                "rotation": 0,
            },
        )
        for order, (preset_id, (x, y, size)) in enumerate(zip(preset_ids(tone), PRESETS, strict=True), 1)
    ]
    return [Row(tone_styles, style), Row(pbg_prompt_assets, prompt), *presets]
