"""Targets: what is left of each budget, the jobs that spent it, and where the time goes."""

from __future__ import annotations

from html import escape

import streamlit as st

from feedly_core.analytics.choices import choices
from feedly_core.analytics.variant_source import VariantSource
from feedly_core.db.own_schema import TARGETS
from feedly_core.domain.pipeline import title
from feedly_core.i18n import N_
from feedly_core.permissions import Role
from feedly_core.targets.budget import USUAL, Budget, Measure, NewTarget, target_words
from feedly_core.targets.figures import EndToEnd, Spender, budgets, end_to_end, spenders
from feedly_core.targets.store import add_target, list_targets, remove_target
from pages.shared.ask import ask, dashboard, page_errors
from pages.shared.badges import BAD, GOOD, IDLE, badge
from pages.shared.formatting import age, duration
from pages.shared.language import _, _n
from pages.shared.navigation import page_href, picture_url, section
from pages.shared.own_schema import has_own_schema
from pages.shared.person import current_person
from pages.shared.placeholders import empty
from pages.shared.streamlit_workarounds.reliable_button import pressed

MEASURES = {
    Measure.JOB_TIME: N_("Jobs complete within a time"),
    Measure.NOT_FAILED: N_("Few jobs fail"),
    Measure.CONTRAST_AA: N_("Contrast passes WCAG AA"),
}
_FAST = 14.4
"""A burn rate from which a day and a half empty the budget of four weeks: worth waking somebody."""


def show_targets(source: VariantSource, tenant: str | None) -> None:
    """The targets of all tenants, or of one and those that hold for everybody."""
    section(
        _("Targets"),
        _("The last 28 days. A job counts when it is complete, failed, or open for longer than the limit."),
    )
    if not has_own_schema(_("Targets are kept in the dashboard's own schema."), TARGETS):
        return
    known = {
        key: each
        for key, each in ask(list_targets).items()
        if tenant is None or each.tenant in (None, tenant)
    }
    if not known:
        empty(_("There is no target yet"), _("An operator sets what share of jobs must do well."))
    found = ask(budgets, source, known)
    for target_id, target in known.items():
        with page_errors():
            _show_target(source, target_id, target, found[target_id])
    if _may_set():
        _form(offer_usual=not known)
    with page_errors():
        _show_times(ask(end_to_end, source, tenant))


def _may_set() -> bool:
    return current_person().role >= Role.OPERATOR and not dashboard().settings.read_only


def _show_target(source: VariantSource, target_id: int, target: NewTarget, budget: Budget) -> None:
    with st.container(border=True, key=f"target-{target_id}"):
        st.html(_head(target, budget))
        if budget.whole.bad:
            bad = ask(spenders, source, target)
            with st.expander(
                _("Spent the budget: {n}", n=budget.whole.bad),
                key=f"spenders-{target_id}",
            ):
                st.html(f"<div class='fd-gallery'>{''.join(map(_card, bad))}</div>")
        if _may_set() and st.button(
            _("Remove this target"), icon=":material/delete:", key=f"forget-{target_id}", type="tertiary"
        ):
            here = dashboard()
            remove_target(here.engine, here.settings, current_person(), target_id)
            st.rerun()


def _head(target: NewTarget, budget: Budget) -> str:
    look = {None: IDLE, True: GOOD, False: BAD}[budget.met]
    words = {None: N_("Nothing yet"), True: N_("Met"), False: N_("Missed")}[budget.met]
    name = _(target_words(target))
    whose = target.tenant or _("all tenants")
    tiles = [
        _tile(_("Compliance"), _share(budget.whole.share), _counted(budget)),
        _tile(_("Error budget left"), _share(budget.left), _spent(budget)),
        *(
            _tile(words_of, _rate(rate), _burns(rate))
            for words_of, rate in zip(
                (_("Burn rate, 1 h"), _("Burn rate, 6 h")), budget.burn_rates, strict=True
            )
        ),
    ]
    return (
        f"<div>{badge(words, look).html()} <b>{escape(name)}</b> · {escape(whose)}</div>"
        f"<div class='fd-tiles' style='margin-top:.6rem'>{''.join(tiles)}</div>"
    )


def _tile(label: str, value: str, about: str) -> str:
    return (
        f"<div class='fd-tile'><span>{escape(label)}</span><strong>{escape(value)}</strong>"
        f"<small>{escape(about)}</small></div>"
    )


def _share(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}%"


def _rate(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}×"


def _counted(budget: Budget) -> str:
    return _("{good} of {total}", good=f"{budget.whole.good:,}", total=f"{budget.whole.total:,}")


def _spent(budget: Budget) -> str:
    return _("{bad} bad, {allowed} allowed", bad=budget.whole.bad, allowed=f"{budget.allowed:.1f}")


def _burns(rate: float | None) -> str:
    if rate is None:
        return _("no job decided")
    if rate <= 1:
        return _("within the budget")
    return _("very fast") if rate >= _FAST else _("faster than the budget lasts")


def _card(spender: Spender) -> str:
    href = escape(page_href("results", job=spender.job_id), quote=True)
    words = spender.description or _("(no description)")
    facts = [
        _("Failed")
        if spender.failed
        else duration(spender.seconds)
        if spender.seconds is not None
        else _("open"),
        _("Variant {number}", number=spender.variant) if spender.variant is not None else "",
        age(spender.created_at),
    ]
    picture = ""
    if spender.picture_id:
        source = escape(picture_url(spender.picture_id), quote=True)
        picture = (
            f"<img src='{source}' alt='{escape(words, quote=True)}' width='320' height='320' loading='lazy'>"
        )
    about = escape(" · ".join(filter(None, facts)))
    body = f"{picture}<p>{escape(words)}</p><small>{about}</small>"
    return f"<a class='fd-card' href='{href}' target='_self'>{body}</a>"


def _measure_name(measure: Measure) -> str:
    return _(MEASURES[measure])


def _form(*, offer_usual: bool) -> None:
    """A new target; an operator of a team without any is offered the usual ones."""
    here = dashboard()
    if offer_usual and pressed(_("Set the three usual targets"), icon=":material/flag:", key="usual-targets"):
        for usual in USUAL:
            add_target(here.engine, here.settings, current_person(), usual)
        st.rerun()
    with st.expander(_("New target"), icon=":material/add:", key="new-target"):
        left, middle, right, last = st.columns(4, vertical_alignment="bottom")
        measure = left.selectbox(
            _("What must do well"),
            list(MEASURES),
            format_func=_measure_name,
            key="target-measure",
        )
        share = middle.number_input(_("Share wanted (%)"), 50.0, 99.99, 95.0, step=0.5, key="target-share")
        minutes = None
        if measure is Measure.JOB_TIME:
            minutes = right.number_input(_("Within (minutes)"), 0.1, 1440.0, 6.0, key="target-minutes")
        tenants, _tones = ask(choices)
        tenant = last.selectbox(
            _("Tenant"), tenants, index=None, placeholder=_("all tenants"), key="target-tenant"
        )
        if pressed(_("Set the target"), type="primary", key="target-set"):
            with page_errors():
                new = NewTarget(measure, share / 100, None if minutes is None else minutes * 60, tenant)
                add_target(here.engine, here.settings, current_person(), new)
                st.rerun()


def _show_times(times: EndToEnd) -> None:
    section(_("From order to post"), _("Complete jobs of the last 28 days."))
    if times.whole is None:
        empty(_("No job of this period is complete."))
        return
    names = (_("Half of the jobs are faster"), _("95 of 100 jobs are faster"), _("99 of 100 jobs are faster"))
    jobs = _n("{n} job", "{n} jobs", times.jobs)
    tiles = [_tile(name, duration(value), jobs) for name, value in zip(names, times.whole, strict=True)]
    if times.before_variants is not None:
        tiles.append(_tile(_("Until the variants begin"), duration(times.before_variants[0]), _("median")))
    st.html(f"<div class='fd-tiles'>{''.join(tiles)}</div>")
    if not times.steps:
        return
    st.caption(
        _(
            "Medians per step. Working is what the service wrote down; waiting is the rest of the time since "
            "the step before ended, which is known for recorded steps only."
        )
    )
    st.dataframe(
        {
            _("Step"): [_(title(step)) for step in times.steps],
            _("Waiting"): [duration(each.waiting) for each in times.steps.values()],
            _("Working"): [duration(each.work) for each in times.steps.values()],
            _("In all"): [duration(each.whole) for each in times.steps.values()],
        },
        hide_index=True,
        height="content",
    )
