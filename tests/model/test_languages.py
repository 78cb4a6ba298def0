"""Names in other languages and other scripts: the usual names of a band, each read by itself."""

from __future__ import annotations

import pytest

from mixengine.model.language_words import LANGUAGES
from mixengine.model.lexicon import ROLES, SHORT
from mixengine.model.role_words import ROLE_WORDS
from mixengine.model.roles import role_of, roles_of_session
from mixengine.model.track_names import taken_apart

NAMES = {
    "German": "Bassdrum=kick, Standtom=toms, Hängetom=toms, Becken=cymbals, Schlagzeug=drums, Kontrabass=bass, "
    "E-Gitarre=guitar, Akustikgitarre=guitar, Klavier=keys, Orgel=keys, Gesang=lead_vocal, Chor=backing_vocal, "
    "Geige=strings, Streicher=strings, Bläser=brass, Trompete=brass, Posaune=brass, Saxofon=winds, Flöte=winds, "
    "Akkordeon=keys, Große Trommel=kick, Sprecher=voice, Publikum=ambience",
    "French": "Grosse caisse=kick, Caisse claire=snare, Charleston=hats, Tom basse=toms, Tom alto=toms, "
    "Cymbales=cymbals, Batterie=drums, Basse=bass, Contrebasse=bass, Guitare élec=guitar, Guitare sèche=guitar, "
    "Claviers=keys, Clavier=keys, Orgue=keys, Voix lead=lead_vocal, Voix=lead_vocal, Chœurs=backing_vocal, "
    "Violon=strings, Cuivres=brass, Trompette=brass, Saxo=winds, Flûte=winds, Accordéon=keys, Public=ambience",
    "Spanish": "Bombo=kick, Caja=snare, Tarola=snare, Redoblante=snare, Contratiempo=hats, Tom de piso=toms, "
    "Platillos=cymbals, Aéreos=cymbals, Batería=drums, Bajo=bass, Contrabajo=bass, Guitarra eléctrica=guitar, "
    "Teclado=keys, Órgano=keys, Voz principal=lead_vocal, Voz de acompañamiento=backing_vocal, Coros=backing_vocal, "
    "Violín=strings, Cuerdas=strings, Metales=brass, Trompeta=brass, Saxofón=winds, Flauta=winds, Acordeón=keys, "
    "Bajo caja directa=bass",
    "Italian": "Cassa=kick, Rullante=snare, Charleston=hats, Timpano=toms, Piatti=cymbals, Panoramici=cymbals, "
    "Batteria=drums, Basso=bass, Contrabbasso=bass, Chitarra elettrica=guitar, Tastiera L=keys, Tastiere=keys, "
    "Organo=keys, Voce principale=lead_vocal, Cori=backing_vocal, Violino=strings, Archi=strings, Fiati=winds, "
    "Tromba=brass, Sassofono=winds, Flauto=winds, Fisarmonica=keys, Pubblico=ambience",
    "Portuguese": "Bumbo=kick, Caixa=snare, Chimbal=hats, Surdo=percussion, Pratos=cymbals, Bateria=drums, Baixo=bass, "
    "Contrabaixo=bass, Violão L=guitar, Guitarra=guitar, Teclado=keys, Órgão=keys, Voz principal=lead_vocal, "
    "Coro=backing_vocal, Violino=strings, Cordas=strings, Metais=brass, Trompete=brass, Saxofone=winds, Flauta=winds, "
    "Sanfona=keys, Percussão=percussion, Pandeiro=percussion, Cavaquinho=guitar, Público=ambience, "
    "Caixa de som=None, Som=None",
    "Dutch": "Basdrum=kick, Bekkens=cymbals, Bas=bass, Contrabas=bass, Gitaar L=guitar, Akoestische gitaar=guitar, "
    "Toetsen=keys, Zang=lead_vocal, Koor=backing_vocal, Achtergrondzang=backing_vocal, Viool=strings, "
    "Strijkers=strings, Blazers=brass, Trompet=brass, Publiek=ambience",
    "Swedish": "Bastrumma=kick, Virvel=snare, Trummor=drums, Bas=bass, Gitarr=guitar, Akustisk gitarr=guitar, "
    "Klaviatur=keys, Sång=lead_vocal, Kör=backing_vocal, Fiol=strings, Stråkar=strings, Trumpet=brass, Publik=ambience",
    "Russian": "Бочка=kick, Малый барабан=snare, Хай-хэт=hats, Том 1=toms, Овер L=cymbals, Барабаны=drums, Бас=bass, "
    "Бас-гитара=bass, Гитара=guitar, Клавиши=keys, Вокал=lead_vocal, Бэк-вокал=backing_vocal, Скрипка=strings, "
    "Труба=brass",
    "Japanese": "キック=kick, スネア=snare, ハイハット=hats, タム=toms, シンバル=cymbals, ドラム=drums, ベース=bass, "
    "シンセベース=bass, ギター=guitar, ｷﾞﾀｰ 2=guitar, アコギ=guitar, ピアノ=keys, ボーカル=lead_vocal, "
    "コーラス=backing_vocal, ストリングス=strings, パーカッション=percussion, 声=voice",
    "Chinese": "底鼓=kick, 军鼓=snare, 踩镲=hats, 通鼓=toms, 鼓=drums, 贝斯=bass, 电吉他=guitar, 钢琴=keys, "
    "主唱=lead_vocal, 人声=lead_vocal, 和声=backing_vocal, 弦乐=strings, 鼓励=None",
    "Korean": "킥=kick, 킥드럼=kick, 스네어=snare, 하이햇=hats, 심벌=cymbals, 드럼=drums, 베이스=bass, 기타 L=guitar, "
    "통기타=guitar, 피아노=keys, 신스=synth, 보컬=lead_vocal, 백보컬 1=backing_vocal, 바이올린=strings",
}


@pytest.mark.parametrize("language", NAMES)
def test_names_of_a_band(language: str) -> None:
    expected = dict(pair.rsplit("=", 1) for pair in NAMES[language].split(", "))
    assert {name: str(role_of(name)) for name in expected} == expected


def test_each_language_has_its_table_and_roles_that_exist() -> None:
    assert set(NAMES) == set(LANGUAGES)
    assert {role for words in LANGUAGES.values() for role in words} <= set(ROLE_WORDS)


def test_languages_agree_about_their_words() -> None:
    assert {words: roles for words, roles in ROLES.items() if len(roles) > 1} == {}


@pytest.mark.parametrize("name", ["Charley", "Som", "Reed", "Trump 1", "French"])
def test_words_that_are_also_something_else_say_nothing_alone(name: str) -> None:
    assert role_of(name) is None


def test_singulars_and_plurals_are_one_word() -> None:
    assert role_of("Overhd L") == role_of("Overhds") == role_of("Overheads") == "cymbals"
    assert [role_of(name) for name in ("Bass Clarinets", "Lead Vocals", "Keyboards", "Castanet")] == [
        "winds",
        "lead_vocal",
        "keys",
        "percussion",
    ]
    assert ("reed",) in SHORT and ("bas",) in ROLES and ("vibe",) not in ROLES


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Vox Ваня", ("vox", "ваня")),
        ("ギター太郎", ("ギター", "太郎")),
        ("Gtr 민수 2", ("gtr", "민수", "2")),
        ("Φωνή", ("φωνή",)),
        ("वोकल", ("वोकल",)),
        ("Zoe\u0308", ("zoe",)),
        ("Ｖｏｘ　１", ("vox", "1")),
        ("TR-808", ("tr", "808")),
    ],
)
def test_letters_of_all_scripts_are_kept(name: str, words: tuple[str, ...]) -> None:
    assert taken_apart(name).words == words


def test_players_in_any_script_are_told_apart() -> None:
    votes = roles_of_session(["Vox Ваня", "Vox Петя", "Gtr Маша", "Gtr Коля"])
    assert len({vote.source for vote in votes}) == len(votes)
