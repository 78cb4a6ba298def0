"""What a track is: from its name, its folder's name and its sound, in this order of trust.

Names are looked up in a small dictionary of words in several languages. The sound decides only where it is clear:
very low and either struck or sustained, or very high and struck. In between it gives no role, never a guess.
"""

from __future__ import annotations

import re
import unicodedata

from mixengine.model.session import Session, Track

ROLE_WORDS: dict[str, str] = {
    "lead_vocal": "vocal vocals vox voc lead_vox lead_vocal leadvox voz gesang chant voce vokal singer",
    "backing_vocal": "bgv bgvs bgvox bg_vox bg_vocal backing_vocal backing_vox bvox harmony harmonies choir "
    "coro chor choeur chorus ooh ahh",
    "voice": "voice voice_over voiceover vo narrator narration narracion sprecher stimme speech dialogue dialog "
    "dialogo dx host guest interview podcast",
    "kick": "kick kik bd bassdrum bass_drum bombo grosse_caisse kck kd",
    "snare": "snare sn snr sd caja caisse_claire rullante clap rim",
    "hats": "hat hats hh hihat hi_hat charles charleston shaker",
    "toms": "tom toms floor_tom timbal",
    "cymbals": "cymbal cymbals crash ride becken overhead overheads oh ohs",
    "percussion": "perc percussion tambourine tamb conga congas bongo bongos cowbell cajon triangle",
    "drums": "drum drums drm beat loop schlagzeug bateria batterie batteria kit drumkit room",
    "bass": "bass bas bajo basse basso sub subbass contrabass double_bass",
    "guitar": "guitar gtr gtrs git guit gitarre guitarra guitare chitarra egtr agtr acgtr elgtr banjo mandolin ukulele",
    "keys": "keys key keyboard piano pno klavier organ orgel organo rhodes wurli clav accordion harpsichord epiano",
    "synth": "synth synths syn pad pads arp pluck lead_synth moog minilogue stab stabs mallet",
    "strings": "strings string str violin violins vln viola violas cello cellos celli vc streicher cuerdas cordes "
    "archi violine violon violoncello",
    "winds": "wind winds flute oboe clarinet bassoon sax saxophone recorder floete holz",
    "brass": "brass trumpet trumpets tpt trombone trombones horn horns tuba blech metales cuivres ottoni",
    "effects": "fx sfx effect effects sweep riser rise impact noise foley transition",
    "ambience": "amb ambience ambiance atmos atmo roomtone room_tone background bg",
    "music": "music musik musica musique bed score jingle",
}
"""Role → words; an underscore joins the words of a phrase."""

_PHRASES = {word: role for role, words in ROLE_WORDS.items() for word in words.split()}
_MAX_WORDS = max(word.count("_") + 1 for word in _PHRASES)


def words_of(name: str) -> list[str]:
    """A name as lower-case words without accents, numbers and file extension: ``05_KickIn.wav`` → kick, in."""
    name = re.sub(r"\.[A-Za-z0-9]{2,4}$", "", name)
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.findall(r"[a-z]+", plain)


def role_of(name: str) -> str | None:
    """The role a name states, ``None`` when it states none. Longer phrases win over single words, later words over
    earlier ones (``guitar solo bass`` is rare, ``lead bass`` and ``drum room`` are not).
    """
    words = words_of(name)
    for length in range(_MAX_WORDS, 0, -1):
        for at in range(len(words) - length, -1, -1):
            role = _PHRASES.get("_".join(words[at : at + length]))
            if role:
                return role
    return None


_STRUCK_FOLDERS = ("drums", "percussion")
_LOW_HZ = 100.0
_HIGH_HZ = 8000.0
_STRUCK_DB = 16.0
_SUSTAINED_DB = 10.0


def role_of_sound(energy_centroid_hz: float, peak_to_loudness_db: float) -> str | None:
    """The role that the sound states beyond doubt, ``None`` otherwise.

    Parameters
    ----------
    energy_centroid_hz : float
        Mean log-frequency of the track's energy.
    peak_to_loudness_db : float
        True peak minus loudness while it plays: large for struck sounds, small for sustained ones. Between 10 and
        16 dB lies the margin in which a low sound stays unknown.
    """
    if 0.0 < energy_centroid_hz < _LOW_HZ:
        if peak_to_loudness_db >= _STRUCK_DB:
            return "kick"
        return "bass" if peak_to_loudness_db <= _SUSTAINED_DB else None
    if energy_centroid_hz > _HIGH_HZ and peak_to_loudness_db >= _STRUCK_DB:
        return "hats"
    return None


def fused(name: str, folder_name: str | None, sound: str | None) -> str | None:
    """One role from a track's name, its folder's name and the role of its sound.

    The name wins. A folder says what everything in it is, but for drums and percussion, where the sound tells parts
    apart.
    """
    if named := role_of(name):
        return named
    folder = role_of(folder_name) if folder_name else None
    return folder if folder and (folder not in _STRUCK_FOLDERS or sound is None) else sound


def role_of_track(session: Session, track: Track, sound: str | None = None) -> str | None:
    """What the user said earlier, else what name, folder and ``sound`` (a role from `role_of_sound`) say together."""
    return track.role or fused(track.name, session.group(track), sound)
