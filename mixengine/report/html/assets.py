"""The page's style and its one script. The page works without the script: it sorts, filters, and switches players."""

from __future__ import annotations

import base64
import hashlib

CSS = """
:root{color-scheme:light dark;--bg:#fff;--card:#f6f7f9;--ink:#1c2127;--soft:#5a6470;--line:#d3d8de;--before:#8a93a0;
--after:#1f6fb2;--speech:#e3a008;--control:#b5421f;--pass:#146c3c;--fail:#a61b1b}
@media (prefers-color-scheme:dark){:root{--bg:#14171b;--card:#1d2228;--ink:#e6e9ed;--soft:#a0aab6;--line:#3a424c;
--before:#8f9aa8;--after:#5cb0ee;--speech:#e8b339;--control:#f08a66;--pass:#69d59b;--fail:#ff8f8f}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--bg);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,
"Helvetica Neue",Arial,"Noto Sans",sans-serif}
main,header,footer{max-width:62rem;margin:0 auto;padding:0 1.25rem}
header{padding-top:2.2rem}
h1{font-size:1.75rem;line-height:1.25;margin:.1rem 0 .2rem;overflow-wrap:anywhere}
h2{font-size:1.22rem;margin:2.4rem 0 .7rem;padding-bottom:.3rem;border-bottom:1px solid var(--line)}
.kicker{color:var(--after);font-weight:600;font-size:.85rem;letter-spacing:.04em;text-transform:uppercase;margin:0}
.small,figcaption,footer{color:var(--soft);font-size:.86rem}
.lead{font-size:1.06rem}.lead p{margin:.35rem 0}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(6.4rem,1fr));gap:.7rem;margin:1.3rem 0 0;padding:0}
.tile{background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.6rem .85rem}
.tile dt{color:var(--soft);font-size:.8rem}
.tile dd{margin:0;font-size:1.3rem;font-weight:650;font-variant-numeric:tabular-nums}
.tile dd small,.tile dd.was{font-size:.8rem;font-weight:400;color:var(--soft)}
.scroll{overflow-x:auto;-webkit-overflow-scrolling:touch}
.scroll:focus-visible,button:focus-visible,select:focus-visible,summary:focus-visible{outline:2px solid var(--after)}
table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th,td{padding:.42rem .7rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
th:first-child,td:first-child{padding-left:.2rem}
thead th{color:var(--soft);font-weight:600;font-size:.82rem;white-space:nowrap;border-bottom:2px solid var(--line)}
tbody th{font-weight:600;overflow-wrap:break-word;min-width:7rem}
.num{text-align:right;white-space:nowrap}
#changes-table td.wrap{white-space:normal;min-width:7rem}
#changes-table td:nth-child(3){min-width:7.5rem}
#changes-table td:nth-child(7){min-width:17rem}
#changes-table td:nth-child(2){min-width:5rem;overflow-wrap:break-word}
#targets td:nth-child(2){white-space:nowrap}#targets td:nth-child(5){min-width:14rem}
.strong{font-weight:650}.pass{color:var(--pass);font-weight:650;white-space:nowrap}
.fail{color:var(--fail);font-weight:650;white-space:nowrap}
th button{all:unset;cursor:pointer;font:inherit;color:inherit}
th[aria-sort=ascending] button::after{content:" ▲"}th[aria-sort=descending] button::after{content:" ▼"}
.filter{margin:0 0 .6rem;font-size:.9rem}
select{font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:.3rem;
padding:.15rem .4rem;max-width:100%}
figure{margin:1rem 0 1.5rem}figcaption{margin-top:.3rem}
.fig svg{display:block;width:100%;min-width:38rem;height:auto}
svg text{font-family:inherit}svg *{stroke-linejoin:round;stroke-linecap:butt}
.ab{display:flex;flex-wrap:wrap;gap:.8rem 1.2rem;align-items:center;background:var(--card);padding:.8rem .95rem;
border:1px solid var(--line);border-radius:.5rem}
.player{flex:1 1 16rem}.player p{margin:0 0 .25rem;font-weight:600}.player audio{width:100%}
.ab.live .player{display:none}
.ab button{font:inherit;font-weight:650;color:var(--bg);background:var(--after);border:0;border-radius:.35rem;
min-width:5.2rem;padding:.35rem .9rem;cursor:pointer}
.ab fieldset{border:0;margin:0;padding:0;display:flex;gap:.9rem}.ab legend{float:left;padding:0;margin-right:.9rem}
.ab label{cursor:pointer}.ab input{accent-color:var(--after)}.ab [type=range]{flex:1 1 10rem;min-width:7rem}
.ab output{font-variant-numeric:tabular-nums;color:var(--soft);font-size:.86rem;min-width:6.2rem}
.ab input:focus-visible{outline:2px solid var(--after);outline-offset:2px}
details{margin:.8rem 0}summary{cursor:pointer}
ul{padding-left:1.2rem}li{overflow-wrap:anywhere}
footer{margin-top:3rem;padding-bottom:2.5rem}
@media (max-width:34rem){main,header,footer{padding-left:.9rem;padding-right:.9rem}h1{font-size:1.4rem}
th,td{padding:.36rem .5rem}tbody th{position:sticky;left:0;background:var(--bg);min-width:5.5rem;max-width:8rem}
#measures tbody th{max-width:none}.tile{padding:.5rem .6rem}.tile dd{font-size:1.1rem}
#targets td:nth-child(2){white-space:normal;min-width:7.5rem}
#changes-table :is(th,td):is(:nth-child(2),:nth-child(8)){display:none}}
@media print{:root{color-scheme:light;--bg:#fff;--card:#fff;--ink:#000;--soft:#444;--line:#bbb;--before:#8a93a0;
--after:#1f6fb2;--speech:#e3a008;--control:#b5421f;--pass:#146c3c;--fail:#a61b1b}
body{font-size:10.5pt}main,header,footer{max-width:none;padding:0}.filter,#listen{display:none}
figure,tr,.tile{break-inside:avoid}h2{break-after:avoid}.scroll{overflow:visible}.fig svg{min-width:0}
thead{display:table-header-group}#targets td:nth-child(5){min-width:0}
table{font-size:8.5pt}th,td{padding:.25rem .4rem}tbody th,#changes-table td{min-width:0!important}
#changes-table td:nth-child(7){width:40%}#changes-table :is(th,td):nth-child(8){display:none}
*{-webkit-print-color-adjust:exact;print-color-adjust:exact}}
"""

SCRIPT = """
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
  const value = (row, i) => { const c = row.cells[i]; return "sort" in c.dataset ? c.dataset.sort : c.textContent; };
  const number = (text) => text === "inf" ? Infinity : text === "-inf" ? -Infinity : text === "" ? NaN : Number(text);
  const compare = (a, b) => { const x = number(a), y = number(b);
    return isNaN(x) || isNaN(y) ? a.localeCompare(b, undefined, {numeric: true}) : x < y ? -1 : x > y ? 1 : 0; };
  heads.forEach((head, i) => {
    const button = document.createElement("button");
    button.textContent = head.textContent; button.title = "Sort";
    head.replaceChildren(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const rows = [...body.rows].sort((a, b) => compare(value(a, i), value(b, i)) * (down ? -1 : 1));
      body.append(...rows);
    });
  });
  const groups = [...new Set([...body.rows].map((row) => row.dataset.group))].filter((g) => g !== undefined);
  if (groups.length < 2) continue;
  const label = document.createElement("label"), select = document.createElement("select");
  label.className = "filter"; label.style.display = "block"; label.textContent = `Show ${table.dataset.filter} `;
  for (const [text, key] of [["all", null], ...groups.map((g) => [g, g])]) {
    const option = document.createElement("option"); option.textContent = text; option.key = key; select.append(option);
  }
  select.addEventListener("change", () => { const key = select.selectedOptions[0].key;
    for (const row of body.rows) row.hidden = key !== null && row.dataset.group !== key; });
  label.append(select); table.parentElement.before(label);
}
for (const [place, group] of [...document.querySelectorAll(".ab")].entries()) {
  const players = [...group.querySelectorAll("audio")];
  const make = (tag, more) => Object.assign(document.createElement(tag), more);
  const play = make("button", {type: "button", textContent: "Play"});
  const choice = make("fieldset", {}), clock = make("output", {});
  const seek = make("input", {type: "range", min: 0, max: 1, step: 0.1, value: 0});
  let heard = players[0];
  const far = () => players[0].duration || 0;
  const time = (s) => Math.floor(s / 60) + ":" + String(Math.floor(s % 60)).padStart(2, "0");
  const show = () => { play.textContent = heard.paused ? "Play" : "Pause"; seek.max = far();
    seek.value = heard.currentTime; clock.textContent = time(heard.currentTime) + " / " + time(far());
    seek.setAttribute("aria-valuetext", clock.textContent); };
  const plain = () => { players.forEach((p) => { p.pause(); p.muted = false; }); group.classList.remove("live");
    [play, choice, seek, clock].forEach((part) => part.remove()); };
  const broken = (error) => { if (error.name === "NotSupportedError") plain(); };
  const go = (s) => { players.forEach((p) => { p.currentTime = s; }); show(); };
  const hear = (player) => { heard = player; player.playbackRate = 1;
    players.forEach((p) => { p.muted = p !== player; }); show(); };
  // the silent one is brought near by a jump, and then in time by its speed: nobody hears that
  const follow = (p, late) => { if (Math.abs(late) > 0.3) p.currentTime += late; p.playbackRate = 1 +
    (Math.abs(late) > 0.3 ? 0 : late); };
  choice.append(make("legend", {textContent: "Hear"}));
  for (const player of players) {
    const label = make("label", {}), option = make("input", {type: "radio", name: "ab" + place,
      checked: player === heard});
    option.addEventListener("change", () => hear(player));
    label.append(option, " " + player.getAttribute("aria-label")); choice.append(label);
    player.addEventListener("error", plain);
    player.addEventListener("durationchange", show);
    player.addEventListener("ended", () => { players.forEach((p) => p.pause()); go(0); });
    player.addEventListener("timeupdate", () => { if (player !== heard) return; show();
      for (const p of players) if (p !== heard && !p.seeking) follow(p, heard.currentTime - p.currentTime); });
  }
  play.addEventListener("click", () => { if (!heard.paused) players.forEach((p) => p.pause());
    else { go(heard.currentTime); players.forEach((p) => p.play().then(show, broken)); } });
  players.forEach((p) => p.addEventListener("pause", show));
  seek.setAttribute("aria-label", "Position");
  seek.addEventListener("input", () => go(Number(seek.value)));
  group.append(play, choice, seek, clock); group.classList.add("live"); hear(heard);
  if (players.some((p) => p.error)) plain();
}
"""


def policy() -> str:
    """Content security policy of the page: its own style and script, and nothing from anywhere."""
    digest = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; img-src data:; media-src data:; "
        "base-uri 'none'"
    )
