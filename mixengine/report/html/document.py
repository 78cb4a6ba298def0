"""What makes sections one self-contained page: head, style, script, policy."""

from __future__ import annotations

from mixengine import __version__
from mixengine.report.html import assets
from mixengine.report.html.elements import text


def document(kicker: str, heading: str, facts: str, body: str, method: str) -> str:
    """A whole page.

    Parameters
    ----------
    kicker, heading, facts : str
        Plain words: the small line above the heading, the heading, the small line below it.
    body : str
        Sections as HTML.
    method : str
        Plain words for the foot: after which standards it was measured.
    """
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{assets.policy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="mixengine {__version__}">
<title>{text(f"{heading}: {kicker}")}</title>
<style>{assets.CSS}</style>
</head>
<body>
<header>
<p class="kicker">{text(kicker)}</p>
<h1>{text(heading)}</h1>
<p class="small">{text(facts)}</p>
</header>
<main>
{body}
</main>
<footer><p>Made by mixengine {__version__}. {text(method)}
Everything this page needs is inside this file.</p></footer>
<script>{assets.SCRIPT}</script>
</body>
</html>
"""
