"""Text from web pages, editors, language models and subtitles -> the words alone, as a person would read them out."""

from __future__ import annotations

import html
import re
import unicodedata

from talkinghead.speech.text.ssml import PAUSE, read_ssml
from talkinghead.speech.text.subtitles import text_of_subtitles

_DECLARATION = re.compile(r"<!\[CDATA\[|\]\]>|<[?!][^<>]*>")
_INLINE_TAG = re.compile(
    r"</?(?:a|abbr|b|c|del|em|emphasis|font|i|ins|lang|mark|phoneme|prosody|say-as|small|span|strong|sup|u|v|voice)\b[^<>]*>",
    re.IGNORECASE,
)
_BLOCK_TAG = re.compile(
    r"</?(?:p|div|h[1-6]|li|ul|ol|tr|table|section|article|blockquote|s|para)\b[^<>]*>", re.IGNORECASE
)
_TAG = re.compile(r"</?[A-Za-z][\w:-]*(?:\s[^<>]*|/)?>")
_UNSPOKEN = {**{f"<{name}": f"</{name}>" for name in ("script", "style", "head", "metadata")}, "<!--": "-->"}
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")

# A link's text, an image's description; nothing of where they lead.
_LINK = re.compile(r"!?\[([^\[\]\n]*)\](?:\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:\s+\"[^\"\n]*\")?\)|\[[^\[\]\n]*\])")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^<>\s]+|[\w.+-]+@[\w.-]+)>")
_NOTE_MARK, _NOTE = re.compile(r"\[\^[^\]\s]{1,60}\](?!:)"), re.compile(r"^\[\^[^\]\s]{1,60}\]:\s*", re.MULTILINE)
_REFERENCE = re.compile(r"^ {0,3}\[[^\]\n]+\]:\s*\S+.*$", re.MULTILINE)
_FENCE = re.compile(r"^[ \t]*(?:```|~~~)[^\n`]*$", re.MULTILINE)
_CODE = re.compile(r"(?<!`)(`{1,3})(?!`)([^`\n]+?|(?<=``)[^\n]{1,200}?)\1(?!`)")
_EMPHASIS = (
    re.compile(r"(?<![\w*])(\*{1,3})(?=[^\s*])([^*\n]*(?:\n(?!\s*\n)[^*\n]*)*?[^\s*])\1(?![\w*])"),
    re.compile(r"(?<![\w_])(_{1,3})(?=[^\s_])([^_\n]*(?:\n(?!\s*\n)[^_\n]*)*?[^\s_])\1(?![\w_])"),
    re.compile(r"(~~)(?=\S)([^~\n]+?)(?<=\S)\1"),
    re.compile(r"(==)(?=\S)([^=\n]+?)(?<=\S)\1"),
)
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!~|>])")
_RULE = re.compile(r"^[ \t]{0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,}|={3,})$", re.MULTILINE)
_QUOTE = re.compile(r"^[ \t]{0,3}(?:>[ \t]?)+", re.MULTILINE)
_HEADING = re.compile(r"^[ \t]{0,3}#{1,6}[ \t]+(.*)$", re.MULTILINE)
_UNDERLINED = re.compile(r"^([^\n]+)\n(?:={2,}|-{2,})[ \t]*$", re.MULTILINE)
_ITEM = re.compile(r"^[ \t]*(?:[-*+•‣◦▪–][ \t]+|(?=\d{1,3}[.)][ \t]))(?:\[[ xX]\][ \t]+)?(.*)$", re.MULTILINE)
_GOES_ON = re.compile(r"\n[ \t]*(?![-*+•‣◦▪–][ \t]|\d{1,3}[.)][ \t]|#{1,6}[ \t])[^\s]")
_TABLE_RULE = re.compile(r"^(?=[^\n]*\|)(?=[^\n]*--)[ \t|:-]+$\n?", re.MULTILINE)
_ROW = re.compile(r"^[ \t]*\|(.+)\|[ \t]*$", re.MULTILINE)
_HEART = re.compile(r"(?<![\w<])<3+(?![\w.,]*\d)")

_NOISES = (
    "applause|applauds?|laughter|laughs?|laughing|chuckles?|giggles?|music|musik|noise|cough(?:s|ing)?|sighs?|"
    "sighing|cheer(?:s|ing)?|inaudible|unintelligible|crosstalk|silence|pause|gasps?|sneezes?|sniffs?|sobs?|crying|"
    "clears throat|breath(?:es|ing)?|whistles?|clapping|beep|applaus|gelächter|lachen|lacht|musique|rires?|"
    "applaudissements|risas|aplausos|risate|applausi|gelach|applaus|смех|аплодисменты|музыка"
)
_NOISE_BEFORE = "loud|soft|light|nervous|background|audience|crowd|all|both|more|man|woman|he|she|they"
_NOISE_AFTER = "playing|plays|continues|stops|fades|loudly|softly|nervously"
_NOISE_NAME = rf"(?:(?:{_NOISE_BEFORE})\s)?(?:{_NOISES})(?:\s(?:{_NOISE_AFTER}))?"
_NOISE = re.compile(
    rf"\({_NOISE_NAME}\)|\[{_NOISE_NAME}\]|\*{_NOISE_NAME}\*|[♪♫][^♪♫\n]{{0,200}}[♪♫]|[♪♫]", re.IGNORECASE
)
_BRACKETED = re.compile(r"\[[^\[\]]*\]")
_ENDED = re.compile(r"[.!?:;,…。！？][\"'”’»)\]]*$")

_LETTER_STYLES = (
    "<font>",
    "<wide>",
    "<narrow>",
    "<circle>",
    "<square>",
    "<initial>",
    "<medial>",
    "<final>",
    "<isolated>",
)
_SQUARED = {start + index: chr(65 + index) for start in (0x1F150, 0x1F170, 0x1F130) for index in range(26)}


def plain_text(text: str, *, sounds: bool = True) -> str:
    """The words of a text without what only formats it.

    Markdown, HTML, character entities, subtitles (SRT and WebVTT) and styled letters become plain words; headings and
    items of lists become sentences; noises such as (applause) are left out. What is none of these stays as it is.

    >>> plain_text("**Tom** &amp; [Jerry](https://x.org) &lt;3"), plain_text("# Title\\n- one", sounds=False)
    ('Tom & Jerry  ', 'Title.\\none.')

    Args:
        text: any.
        sounds: whether text in square brackets that is no known noise is said; in transcripts all of it is noise.
    """
    text = text.replace(PAUSE, " ")
    text = plain_letters(text_of_subtitles(text) or text)
    text = _without_tags(text) if "<" in text else text
    for _ in range(2):  # feeds encode twice
        text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text) if "&" in text else text
    text = _HEART.sub(" ", text.replace("\u00a0", " "))
    text = _NOISE.sub(" ", text)
    text = _without_markdown(text)
    return text if sounds else _BRACKETED.sub(" ", text).replace(PAUSE, "")


def plain_letters(text: str) -> str:
    """The text with letters and digits of mathematical, full-width, circled and similar styles as plain ones.

    >>> plain_letters("𝐇𝐞𝐥𝐥𝐨 ｗｏｒｌｄ ½")
    'Hello world ½'
    """
    return text if text.isascii() else "".join(map(_plain_letter, text))


def _plain_letter(sign: str) -> str:
    if sign.isascii():
        return sign
    if ord(sign) in _SQUARED:
        return _SQUARED[ord(sign)]
    style = unicodedata.decomposition(sign).partition(" ")[0]
    plain = unicodedata.normalize("NFKC", sign)
    ligature = style == "<compat>" and (0xFB00 <= ord(sign) <= 0xFB4F or 0x2160 <= ord(sign) <= 0x217F)
    return plain if (style in _LETTER_STYLES or ligature) and plain.isalnum() else sign


def _without_tags(text: str) -> str:
    text = read_ssml(text)
    for opening, closing in _UNSPOKEN.items():
        text = _without_parts(text, opening, closing)
    text = _AUTOLINK.sub(lambda link: link[1].removeprefix("mailto:"), _DECLARATION.sub(" ", text))
    return _TAG.sub(" ", _INLINE_TAG.sub("", _BLOCK_TAG.sub("\n", text)))


def _without_parts(text: str, opening: str, closing: str) -> str:
    """The text without what lies between two marks, in time that grows with its length alone."""
    kept, position = [], 0
    while (start := text.find(opening, position)) >= 0 and (end := text.find(closing, start)) >= 0:
        kept += [text[position:start], " "]
        position = end + len(closing)
    return "".join([*kept, text[position:]])


def _without_markdown(text: str) -> str:
    text = _REFERENCE.sub("", _NOTE_MARK.sub("", _NOTE.sub("", text)))
    text = _LINK.sub(lambda link: link[1], text)
    text = _UNDERLINED.sub(lambda heading: _sentence(heading[1]), text)
    text = _RULE.sub("", _FENCE.sub("", _TABLE_RULE.sub("", text)))
    text = _ROW.sub(lambda row: _sentence(", ".join(filter(None, map(str.strip, row[1].split("|"))))), text)
    text = _QUOTE.sub("", text)
    text = _HEADING.sub(lambda heading: _sentence(re.sub(r"[ \t]#+$", "", heading[1].rstrip())), text)
    text = _ITEM.sub(_item, text)
    text = _CODE.sub(lambda code: code[2], text)
    for pattern in _EMPHASIS:
        text = pattern.sub(lambda emphasis: emphasis[2], text)
    return _ESCAPED.sub(lambda escaped: escaped[1], text)


def _item(item: re.Match[str]) -> str:
    return item[1].strip() if _GOES_ON.match(item.string, item.end()) else _sentence(item[1])


def _sentence(text: str) -> str:
    """A line that stands alone, ended like a sentence."""
    text = text.strip()
    return text if not text or _ENDED.search(text.rstrip("*_`~")) else f"{text}."
