"""What studios, DAWs and home recordists call things: plain data for `mixengine.model.roles`.

Written from the field's own habits (input lists, track templates, labels of tape boxes); more words of other languages
are in `mixengine.model.language_words`. An underscore joins the words of a phrase. A number inside a word (``b3``) is
matched as two words, like names are read.
"""

from __future__ import annotations

from mixengine.model import language_words as languages

ROLE_WORDS: dict[str, str] = {
    "lead_vocal": "vocal vocals vox vx voc vocs lv vld lvox lead_vox lead_vocal lead_voice lead_singer leadvox ldv "
    "ldvx voz voces gesang chant chante voce vokal singer rap rapper main_vox mainvox",
    "backing_vocal": "bgv bgvs bgvox bg_vox bg_vocal bgvoc backing_vocal backing_vox backvox bvox bv bvs bkv bkvs "
    "bkvox bkgv bkgvox bkup_vox bu_vox bu_voc bckvox harmony harmonies harm harms hmny choir coro coros chor chore "
    "choeur choeurs chorus kor ooh oohs aah aahs ahh ahs gang gangs gang_vox gang_vocal gangvox gv group_vox "
    "crowd_vox backgrounds backups adlib adlibs ad_lib ad_libs shout shouts yell yells la_la soprano sopranos "
    "mezzo altos tenors",
    "voice": "voice voice_over voiceover vo narrator narration narracion sprecher stimme speech dialogue dialog "
    "dialogo dx host guest interview podcast pulpit cohost co_host caller callers interviewer interviewee moderator "
    "presenter panelist panellist announcer commentator reporter speaker lav lavs lavalier anrufer gast gaeste "
    "moderatorin ansager redner reporterin invite invitee presentateur presentatrice animateur animatrice intervenant "
    "auditeur voix_off locuteur pastor preacher announcement headset handheld lapel lectern adr walla invitado "
    "invitada presentador presentadora locutor locutora entrevistador "
    "entrevistadora entrevistado entrevistada moderador moderadora ponente oyente ospite conduttore conduttrice "
    "intervistato intervistata intervistatore relatore ascoltatore convidado convidada apresentador apresentadora "
    "ouvinte 司会 司会者 ゲスト ナレーション ナレーター 声 話者 セリフ",
    "kick": "kick kicks kik bd bassdrum bass_drum basedrum base_drum bombo grosse_caisse kck kickdrum kick_drum kdrum "
    "kd bdrum kik_drum "
    "sub_kick subkick kiksub grancassa cassa",
    "snare": "snare snares sn snr snre sd caja caisse_claire rullante rim rimshot sidestick side_stick xstick "
    "cross_stick snaredrum snare_drum sdrum",
    "hats": "hat hats hh hihat hihats hi_hat hi_hats high_hat highhat hht hhat hhats ht charles charleston",
    "toms": "tom toms floor_tom rack_tom floortom racktom timbal ftom rtom flr_tom standtom haengetom",
    "cymbals": "cymbal cymbals cym cyms cymb crash ride china splash becken overhead overheads overhds ovh ovhd "
    "ovhds ovhs oh ohs ohd ohds overs ovrhd ovrhds over_hd over_head over_heads piatti cymbale cymbales platos",
    "percussion": "perc percs prc percussion percussions percusion tambourine tambourines tamb tambo tmb tmbo "
    "tamborine tambor tam pandereta conga congas bongo bongos cowbell cajon triangle shaker shakers shkr shk "
    "maracas maraca guiro claves clave woodblock wood_block timbales djembe darbuka doumbek tabla tablas timpani timp "
    "pauken agogo clap claps handclap handclaps snaps fingersnaps stomp stomps steel_drum steel_drums steel_pan "
    "castanets udu cabasa vibraslap bell_tree chimes windchimes wind_chimes gong taiko surdo bombo_leguero "
    "jingle_bells sleigh sleighbells tubular_bells",
    "drums": "drum drums drm drms drs dr beat beats loop loops schlagzeug bateria batterie batteria kit kits drumkit "
    "drum_kit drum_machine brushes room rooms rms rm roommic trommeln drumroom drumrooms front_of_kit fok spd spd_sx",
    "bass": "bass basses bas bajo basse basso bss bassline ebass e_bass sub subs subbass contrabass double_bass "
    "kontrabass contrabajo contrabbasso upright_bass upr_bass 808 pbass p_bass jbass j_bass bs_gtr bgtr bdi tb303 "
    "bass_gtr bassgtr bassguitar bass_synth synth_bass",
    "guitar": "guitar guitars gtr gtrs gt gts gtar gui git gits guit guits gitarre gitarren guitarra guitarras "
    "guitare guitares chitarra chitarre egtr egtrs agtr agtrs acgtr elgtr elecgtr acougtr acousticgtr aeg egt agt "
    "banjo bnjo mandolin mando mandolins ukulele uke dobro lap_steel lapsteel pedal_steel pedalsteel steel_gtr "
    "steel_guitar acoustic_guitar acoustic_gtr electric_guitar electric_gtr ac_gtr strat stratocaster tele "
    "telecaster les_paul lespaul gretsch rickenbacker jazzmaster jaguar bouzouki charango cuatro resonator "
    "rhythm_gtr slide_gtr baritone_gtr nylon twelve_string 12_string 12_str ac30 ac15 jcm800 jcm900 "
    "jc120 plexi 5150 sitar oud lute talkbox talk_box",
    "keys": "keys key keyboard keyboards keyb kbd kybd kys piano pianos pno pianoforte klavier flygel organ organs "
    "orgel organo orgue rhodes rhds wurli wurly wurlie wurlitzer wurl clav clavi clavinet clavinova accordion "
    "accordian akkordeon acordeon fisarmonica harpsichord cembalo epiano e_piano ep epno elecpiano elec_piano "
    "hammond hamond b3 leslie harmonium melodica celeste celesta vibes vibraphone marimba xylophone glockenspiel "
    "glock toy_piano mellotron mello acrdn accdn upright_piano grand_piano teclado teclados tasten nord farfisa",
    "synth": "synth synths syn synthesizer synthi sinte pad pads arp arps arpeggio pluck plucks lead_synth "
    "synth_lead moog minimoog minilogue juno jupiter prophet dx7 jx3p d50 jd800 ms20 oberheim stab stabs mallet "
    "seq sequence sequencer polysynth theremin omnisphere serum saw saws",
    "strings": "strings string str strs strg strgs strngs violin violins vln vlns vio violino violini geige geigen "
    "viola violas vla vlas bratsche cello cellos celli vlc streicher cuerdas cordes archi violine violon "
    "violoncello violoncelle fiddle harp harfe arpa pizz arco quartet orchestra orch",
    "winds": "winds woodwind woodwinds ww flute flutes flt oboe clarinet clarinets clar klarinette bassoon fagott "
    "fagotto sax saxes saxophone saxophones asax tsax bsax recorder floete flauta piccolo picc holz english_horn "
    "cor_anglais harmonica bagpipe bagpipes whistle ocarina panflute alto_sax tenor_sax bari_sax bass_clarinet",
    "brass": "brass trumpet trumpets tpt tpts trp trpt trmpt trombone trombones tbn tbns tbone tbones trb bones "
    "posaune horn horns hns hrn french_horn tuba blech metales cuivres ottoni flugel flugelhorn fluegelhorn "
    "euphonium cornet sousaphone bass_trombone trompeta trombon tromba",
    "effects": "fx sfx efx effect effects sweep riser risers rise impact impacts noise foley transition transitions "
    "whoosh reverb verb rvb delay dly echo swell swells scratches scratching turntable turntables downlifter uplifter "
    "hit "
    "hits subdrop sub_drop throw throws plate pl8 spring_verb hall_verb slapback vinyl",
    "ambience": "amb ambi ambience ambient ambiance atmos atmo bga bgb roomtone room_tone background bg crowd audience "
    "applause publikum publico applaus applaudissements aplausos aplauso applausi laughter laughs gelaechter lacher "
    "rires risas risate risos 拍手 環境音 笑い声",
    "music": "music mx musik musica musique bed score jingle backing_track backingtrack playback instrumental bgm "
    "jingles "
    "theme_music theme_song intro_music outro_music titelmusik titelmelodie erkennungsmelodie hintergrundmusik "
    "generique sigla vinheta sintonia 音楽 曲 テーマ曲",
}
"""Role → words that state it."""

SHORT_WORDS: dict[str, str] = {
    "kick": "k beater",
    "snare": "s",
    "hats": "h charley",
    "toms": "rack floor flr ft rt tm",
    "cymbals": "rd cr over",
    "drums": "mono crotch crush smash trash knee far mid gj",
    "percussion": "tam_tam bells",
    "bass": "b bs db",
    "guitar": "g eg egs ag ags ac aco acs acc acou acous acoust acst acoustic acoustics akustik acustica "
    "accoustic accoustics acustic elec elect el electric electrics rhythm rhy rtm solo solos riff riffs lick licks "
    "slide steel strum strums clean cln crunch "
    "dist distorted heavy chug chugs arpeggios lead ld ebow fender marshall mesa deluxe princeton power_chords",
    "keys": "kb kyb pn pf org",
    "synth": "lead ld poly bleep bleeps",
    "strings": "vn vc vcl",
    "winds": "wind fl ob cl bsn alto tenor bari reeds",
    "brass": "hn tb bone trump french",
    "lead_vocal": "v vc vcl lead ld main",
    "backing_vocal": "v vc vcl bg bgs back backing backup bk bkg bkgd bkup bck bckgrd bkgrd bkgrnd bkgnd bu alto tenor",
    "effects": "wet return rtn",
    "voice": "boom remote phone skype",
    "music": "theme intro outro opener sting stings stinger bumper bumpers テーマ",
}
"""Role → short or many-sided words: weak votes, believed when the name itself or the session's other names agree."""

LIKELY_WORDS = frozenset("eg egs ag ags aco acou acous acoust acst acoustic acoustics akustik acustica accoustic "
                         "accoustics acustic elec elect electric "
                         "electrics rhythm rhy strum strums backing bkg bkgd bgs kyb kb bells".split())  # fmt: skip
"""Short words that are believed without support, when nothing else is said."""

FULL_WORDS = tuple("kick snare hihat tambourine wurlitzer guitar acoustic piano keyboard organ rhodes hammond "
                   "clavinet accordion trumpet trombone saxophone clarinet violin cello strings banjo mandolin "
                   "percussion shaker conga bongo cymbal crash drums reverb vocal harmony choir synth "
                   "brass".split())  # fmt: skip
"""Words that studios write without their vowels: ``tmb``, ``wrlz``, ``snth``."""

BROAD = frozenset("room rooms rm rms roommic loop loops beat beats amb ambi ambience ambient ambiance atmo atmos "
                  "noise background bg crowd sub subs music hit hits swell swells key hall playback chorus shout "
                  "stab stabs pluck plucks arp arps pad pads seq sequence speaker "
                  "caller invite gast pastor preacher announcement headset handheld lapel lectern adr walla "
                  "mx bga bgb".split() + languages.BROAD)  # fmt: skip
"""Words of a place or a manner: any word of an instrument in the same name says more."""

WINS: dict[str, str] = {
    "bass": "guitar synth keys strings drums effects",
    "winds": "bass keys",
    "brass": "bass",
    "kick": "bass drums percussion",
    "snare": "drums percussion",
    "hats": "drums percussion",
    "toms": "drums percussion",
    "cymbals": "kick snare hats toms drums",
    "percussion": "drums",
    "guitar": "strings backing_vocal effects",
    "keys": "backing_vocal",
    "synth": "backing_vocal",
    "strings": "backing_vocal",
    "backing_vocal": "lead_vocal bass voice ambience",
    "lead_vocal": "bass",
}
"""Role → roles that give way to it in the same name, whichever stands first: a bass guitar is a bass, an overhead on
the hat's side an overhead, a guitar harmony a guitar. Of all others the later word wins."""

LEAD_WORDS = frozenset("lead ld main lv vld lvox ldv ldvx leadvox mainvox".split() + languages.LEADS)
BACKING_WORDS = frozenset("back backing backup backups bk bkg bkgd bkup bck bckgrd bkgrd bkgrnd bkgnd bg bgs bu "
                          "background backgrounds harmony harm harms hmny gang group choir coro"
                          .split() + languages.BACKINGS)  # fmt: skip
GANG_WORDS = frozenset("gang gangs gangvox gv group shout shouts yell yells crowd choir coro chor".split())

POSITIONS: dict[str, str] = {
    "in": "in inside innen dentro beater",
    "out": "out outside aussen fuera reso resonant",
    "sub": "sub subkick",
    "top": "top tp up upper over oben above",
    "bottom": "bottom bt bot botm btm bttm down dn under lower unten underneath",
    "close": "close cls near spot",
    "far": "far dist_mic distant",
    "room": "room rooms rm rms roommic amb ambience hall",
    "overhead": "overhead overheads overhds ovh ovhd ovhds ovhs oh ohs ohd ohds overs ovrhd ovrhds",
    "di": "di dis direct",
    "amp": "amp amps cab cabs reamp cabinet speaker",
    "mic": "mic mics miked mike",
    "body": "body",
    "neck": "neck fret frets",
}
"""Position of a microphone → words; ``t`` and ``b`` count behind a snare or a tom."""
POSITIONS_OF: dict[str, str] = {
    "kick": "in out sub",
    "snare": "top bottom",
    "toms": "top bottom",
    "bass": "di amp mic",
    "guitar": "di amp mic",
}
"""Role → positions that make a short word of it likely: ``K in``, ``S bot``, ``B DI``."""
ONLY_OF: dict[str, str] = {
    "sub": "kick",
    "in": "kick snare toms drums percussion",
    "out": "kick snare toms drums percussion",
    "body": "bass guitar strings",
    "neck": "bass guitar strings",
}
"""Positions that are meant of some roles only: a sub bass is no microphone."""

SIDES: dict[str, str] = {
    "left": "l left lft lf links gauche izq izquierda sx sinistra",
    "right": "r right rgt rt_side rechts droite der derecha destra",
}
DOUBLES = frozenset("dub overdub dbl dbls dbled dble double doubles doubled doubler dt triple trpl quad".split())
COPIES = frozenset("dup dupe duplicate copy kopie".split())
SAMPLES = frozenset("sample samples smp smpl samp trig trigger trigs trg triggered midi loop loops prog programmed "
                    "vsti 808 909 707 606 electronic trap mt".split())  # fmt: skip
SUMS = frozenset("bus buss sum sums stem grp submix mixdown aux print".split())
"""Words of a track that holds the sum of others."""
EDITS = frozenset("comp comped cmp edit edited edt edits tuned tune raw final fix fixed alt take tk bip bounce bnc "
                  "render cons consolidated melodyne autotune lim eq st stereo lr".split())  # fmt: skip
"""Words of how a track was worked on or laid out."""
SECTIONS = frozenset(
    "intro verse vrs pre prechorus chorus chor hook hk bridge brdg outro solo break coda refrain".split()
)

MICROPHONES = (
    "u87 u67 u47 u48 u89 u37 m49 m50 m147 m149 tlm49 tlm103 tlm170 tlm km84 km184 km86 km56 kmi c12 c12a c12vr c24 "
    "c37 c37a c414 414 c451 451 c452 c460 c535 c800 c1000 d12 d112 d6 d4 d2 i5 d19 d25 d40 sm57 57 sm58 58 sm7 "
    "sm7b sm81 sm91 sm beta52 beta52a beta91 beta57 beta58 beta56 beta98 b52 b91 b57 ksm32 ksm44 ksm md421 421 "
    "md441 441 e602 e604 e609 e906 e901 e902 e904 e905 mkh40 mkh20 mkh re20 re16 re15 re27 rd40 ev nd46 nd68 m160 "
    "m130 m88 m201 r121 121 r122 r10 sf12 sf24 sf1 r84 r88 r44 44a kl44 r92 a440 rca44 77dx rca aea coles "
    "coles4038 4038 royer royers elam elam251 251 ela ribbon ribbons akg neumann sennheiser shure audix earthworks "
    "telefunken schoeps mk4 mk2 dpa4099 dpa4006 dpa4011 dpa beyer at4050 at4033 at4041 at4047 at atm25 atm250 "
    "atm450 adk peluso lauten soyuz bomblet manley mojave blue_bottle bluebird mxl rode nt1 nt1a nt2 nt5 ntk k47 "
    "fet47 47fet fet u47fet omni cardioid fig8 xy ortf ms_pair blumlein pzm ldc sdc sub57 fathead gefell um70 "
    "um900 lct640 lct550 dtp640 mtp440 mtp550 stc4038"
)
"""Models and makers of microphones, which say nothing about what stands before them."""

SERVICES: dict[str, str] = {
    "click": "click clicks_track clicktrack click_track metronome metronom metro klick claqueta claquette clic klik "
    "count_in countin count_off tempo_track smart_tempo",
    "guide": "guide guides scratch pilotspur guia guida guide_track",
    "talkback": "talkback talk_back tback slate producer_mic comms intercom md_mic",
    "reference": "ref refs reference referenz referencia referencia_mix ref_mix refmix",
    "rough mix": "rough_mix roughmix mixdown full_mix fullmix full_master mix_down 2mix 2_mix two_mix twomix 2trk "
    "2track two_track stereo_mix mixbus mix_bus mix_print premaster pre_master master mastered mstr final_mix "
    "board_mix main_mix",
    "timecode": "timecode ltc smpte mtc",
}
"""Kind of a track that is no part of the mix → words. An instrument's name beside them makes it one (``Kick click``),
but for guides, references and talkback."""
SERVICES_IN_FRONT: dict[str, str] = {
    "click": "click clic klick metronome metronom",
    "talkback": "tb",
    "monitor feed": "iem iems cue",
}
"""The same, for words that stand in front of who hears or says it: ``Click Keys``, ``TB Drums``, ``IEM Bass``."""
COUNTS = frozenset("count counts counting".split())
"""A count-in, where nothing else is said: not ``Count Basie``, not ``Drum Count``."""
MIX_WORDS = frozenset("mix mixes mixx".split())
"""End of a title that is a mix when the name holds no instrument: ``Heart Of Gold Mix 2``."""
MIX_ENDS = frozenset("recall recalled version ver rev".split()) | EDITS
"""Words behind it."""
SCRATCHERS = frozenset("dj djs turntable turntables deck decks hook hk rap rapper scratches scratching".split())
"""Who scratches records, and where: beside them a scratch is no guide track."""
NO_ROLES = "propresenter loopback " + " ".join(languages.NO_ROLES)
"""Words that look like others and say nothing of what plays."""
