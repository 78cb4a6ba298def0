"""The deliver job: master fader and ReaLimit for a platform's loudness.

The mix is measured as ``render --target`` measures it. Where no peak passes the ceiling the master fader does it alone.
Otherwise mixengine's ReaLimit, last on the master, takes the whole gain (ceiling less threshold), and the fader behind
it goes to 0 dB, so that nothing raises what was limited.
"""

from __future__ import annotations

from dataclasses import asdict, replace

from mixengine.jobs.deliver import behind
from mixengine.jobs.deliver.behind import Limiting
from mixengine.jobs.deliver.details import DeliverDetails
from mixengine.jobs.deliver.settings import DeliverSettings
from mixengine.jobs.render import at_target
from mixengine.jobs.render.approach import CLOSE_ENOUGH, Approach
from mixengine.jobs.render.bounds import bounds
from mixengine.jobs.render.finish import approached
from mixengine.jobs.render.settings import RenderSettings
from mixengine.mixer import unsupported
from mixengine.mixer.engine import Engine
from mixengine.model import signal_path
from mixengine.model.delivery import MEASURES, PROGRAMME, Target
from mixengine.model.labels import OWN_LABEL
from mixengine.model.plan import Change, Limiter, MasterTrim, MixPlan
from mixengine.model.session import MASTER, LimiterSettings, Session
from mixengine.model.settings import SettingError, parts
from mixengine.model.units import MAX_FADER_DB, plain_db, signed_db
from mixengine.model.words import name_list
from mixengine.system.errors import UserError
from mixengine.system.progress import Progress, no_progress

LABEL = f"{OWN_LABEL} deliver"
_ROUNDING_DB = 0.005
_SAME_DB = 0.03
"""A limiter of an earlier run that is so near stays: measuring again may end so far away."""
_NO_PEAK = "no peak passes the ceiling"
_MIN_THRESHOLD_DB, _MAX_THRESHOLD_DB = -60.0, 12.0


def plan(session: Session, settings: DeliverSettings, progress: Progress = no_progress) -> MixPlan:
    """Decide master fader and limiter.

    Raises
    ------
    UserError
        Nothing sounds, the mix has no loudness, or the target cannot be reached sanely.
    """
    render, target = at_target.resolved(RenderSettings(target=settings.target, ceiling_dbtp=settings.ceiling_dbtp))
    chain = tuple(effect for effect in session.master_effects if effect.label != LABEL)
    plain = replace(session, master_effects=chain)  # its limiter is what is decided here
    spool, engine, notes = at_target.session_spool(plain, render, target, progress)
    with spool:
        speech = at_target.speech_of(plain, render, target)
        try:
            goal = approached(spool, target, None, progress, speech)
        except UserError as error:
            raise SettingError(f"{session.path}: ", *parts(error)) from None
        true_peak_before = goal.way.true_peak_dbtp()
    before, span = goal.before, bounds(session, render)
    limiting = None
    if not _without_limiter(session, goal.tried):
        if behind.acts(plain):
            limiting = behind.limiting(plain, render, target, goal, speech, progress)
        else:
            limiting = _limiting(session, target, goal.tried, true_peak_before)
    tried, gain_db = (limiting.tried, limiting.gain_db) if limiting else (goal.tried, goal.tried.gain_db)
    details = DeliverDetails(
        target=target.name,
        measured_by=goal.measure,
        level=goal.level,
        ceiling_dbtp=target.ceiling_dbtp,
        lufs_before=before.of(PROGRAMME),
        true_peak_before_dbtp=true_peak_before,
        lra_before_lu=before.range_lu,
        lufs=tried.after.of(PROGRAMME),
        true_peak_dbtp=limiting.true_peak_dbtp if limiting else min(true_peak_before + gain_db, target.ceiling_dbtp),
        lra_lu=tried.after.range_lu,
        gain_db=gain_db,
        limited_db=tried.limited.deepest_db,
        limited_share=tried.limited.share,
        heavy_share=tried.limited.heavy_share,
        limits=limiting is not None,
        fader_stays=signal_path.is_master_ruled(session),
        start_s=span.start_s,
        end_s=span.end_s,
    )
    changes, more = _changes(session, f"{plain_db(goal.level)} {MEASURES[goal.measure]}", tried, gain_db, limiting)
    return MixPlan(
        "deliver",
        session.name,
        session.path,
        asdict(settings),
        changes,
        details,
        (*notes, *_unheard(plain, engine), *goal.notes, *more),
    )


def _unheard(session: Session, engine: Engine) -> list[str]:
    """What of the mix is not in the measurements."""
    return [f"{e.track}: not measured: {', '.join(e.what)}" for e in unsupported.unsupported(session, engine.graph)]


def _without_limiter(session: Session, tried: Approach) -> bool:
    """Whether the master fader alone comes to the level; one that an envelope rules, only where the mix is there."""
    if tried.limited.deepest_db >= _ROUNDING_DB:
        return False
    if signal_path.is_master_ruled(session):
        return abs(tried.gain_db) <= CLOSE_ENOUGH
    return session.master_db + tried.gain_db <= MAX_FADER_DB


def _limiting(session: Session, target: Target, tried: Approach, true_peak_before_dbtp: float) -> Limiting:
    """The limiter where nothing but the fader stands behind it, which goes to 0 dB."""
    threshold_db = target.ceiling_dbtp - tried.gain_db - session.master_db
    true_peak_dbtp = min(true_peak_before_dbtp + tried.gain_db, target.ceiling_dbtp)
    return Limiting(threshold_db, target.ceiling_dbtp, 0.0, tried.gain_db, tried, true_peak_dbtp)


def _changes(
    session: Session, level: str, tried: Approach, gain_db: float, limiting: Limiting | None
) -> tuple[tuple[Change, ...], list[str]]:
    """What is set to come to a level, which is given in words, and what is to be known of it."""
    place, own = _own(session)
    behind_it = [effect for effect in session.master_effects[place + 1 :] if not effect.bypassed]
    limiter = _settings(session, limiting, own) if limiting else None
    changes: list[Change] = []
    if own != limiter or (own is not None and behind_it):
        deepest_db = tried.limited.deepest_db
        limited = f"limited by up to {plain_db(deepest_db)} dB" if deepest_db >= _ROUNDING_DB else _NO_PEAK
        words = f"{signed_db(gain_db)} dB to {level}, {limited}" if limiter else "not needed"
        change = Limiter(MASTER, LABEL, own, limiter, words)
        if own is not None and behind_it:  # what raises what was limited passes the ceiling
            change = replace(change, place_before=place)
            if limiter:
                names = name_list([effect.label or effect.name for effect in behind_it])
                words = f"{words}; moved behind {names}, as last on the master"
                change = replace(change, place_after=len(session.master_effects) - 1, reason=words)
        changes.append(change)
    if trim := _trim(session, level, gain_db, limiting):
        changes.append(trim)
    return tuple(changes), _notes(session) if limiting else []


def _own(session: Session) -> tuple[int, LimiterSettings | None]:
    """The limiter of an earlier run, and its place on the master; behind the last where there is none."""
    for place, effect in enumerate(session.master_effects):
        if effect.limiter is not None and effect.label == LABEL:
            return place, effect.limiter
    return len(session.master_effects), None


def _trim(session: Session, level: str, gain_db: float, limiting: Limiting | None) -> MasterTrim | None:
    """Where the master fader goes, if it moves and counts."""
    now_db = session.master_db
    fader_db = limiting.fader_db if limiting else now_db + gain_db
    if signal_path.is_master_ruled(session) or abs(fader_db - now_db) < _ROUNDING_DB:
        return None
    reason = f"{signed_db(gain_db)} dB to {level}; {_NO_PEAK}"
    if limiting:
        reason = "behind the limiter, so that nothing raises what was limited"
        reason += ": what else stands there comes to 0 dB at its highest" if fader_db else ""
    return MasterTrim(now_db, fader_db, reason)


def _settings(session: Session, limiting: Limiting, own: LimiterSettings | None) -> LimiterSettings:
    """The limiter, or that of an earlier run where it is nearly the same.

    Raises
    ------
    UserError
        ReaLimit cannot do it.
    """
    ruled = signal_path.is_master_ruled(session)
    threshold_db = round(limiting.threshold_db, 2)
    raise_db = limiting.ceiling_db - limiting.threshold_db
    does, instead = (behind.RULED + ", and ", ", or set the master to trim/read") if ruled else ("", "")
    if threshold_db < _MIN_THRESHOLD_DB:
        raise UserError(
            f"{session.path}: {does}ReaLimit cannot raise by {plain_db(raise_db)} dB; raise the mix first{instead}"
        )
    if threshold_db > _MAX_THRESHOLD_DB:  # else the fader would go up without a limiter before it
        raise UserError(
            f"{session.path}: {does}ReaLimit cannot lower by {plain_db(-raise_db)} dB; lower the mix first{instead}"
        )
    limiter = LimiterSettings(threshold_db, limiting.ceiling_db)
    same = own is not None and own == replace(limiter, threshold_db=own.threshold_db)
    return own if own is not None and same and abs(own.threshold_db - threshold_db) < _SAME_DB else limiter


def _notes(session: Session) -> list[str]:
    """What is to be known of a level that comes from the limiter."""
    notes = [
        "ReaLimit is no limiter of mixengine's: the loudness may end up a few tenths of a LU off, and that it "
        "raises by ceiling less threshold is not compared with a running REAPER; look at the loudness of a dry-run "
        "render"
    ]
    if why := signal_path.why_effects_stay(session, MASTER, LABEL):
        # to switch the chain on would also bring in what was not measured
        if not session.master_effects_on or signal_path.why_effect_is_left(session, MASTER, LABEL):
            raise UserError(f"{session.path}: the level needs a limiter on the master: {why}")
        notes.append(f"the master: {why}, the level comes from it")
    if behind.acts(session):
        notes.append("envelopes, pan and mono of the master act behind the limiter: it is set by what they leave")
    if signal_path.is_master_ruled(session):
        notes.append(f"{behind.RULED}: the level comes from the limiter")
    return notes
