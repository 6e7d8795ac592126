"""What synthetic voices are given to say: sentences of the corpora, words in a row, commands, and other languages."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np

from talkinghead.data.manifest import manifest_rows
from talkinghead.data.vocabulary import vocabulary

_RARE_SHARE = 0.3  # of the words, drawn from the whole dictionary alike, so that every sound comes in every place
_LITTLE = "the a of to and in that is was for on with as at by it from or an be this but we are not you his her"
_COMMAND = (
    "bin lay place set | blue green red white | at by in with | a b c d e f g h i j k l m n o p q r s t u v x y z |"
    "zero one two three four five six seven eight nine | again now please soon"
)
# Sounds that are rare in English texts.
_SELDOM = (
    "measure pleasure vision usual garage beige azure leisure treasure decision television casual "
    "boy noise choice enjoy voice destroy oyster royal loud house cloud mountain powder down "
    "book could sugar would push woman thing thought through bath teeth thumb these father breathe smooth "
    "judge jump age orange chew church watch yes year use view hope have behind who"
)

FOREIGN = {
    "es": ("Buenos días, quisiera una mesa para cuatro personas.", "El perro corre por la playa cada mañana.",
           "¿Puede usted repetirlo más despacio, por favor?", "Mañana viajaremos juntos al pueblo de mi abuela."),
    "it": ("Domani mattina prendiamo il treno per Firenze.", "Vorrei un bicchiere d'acqua e un pezzo di pane.",
           "Mia sorella abita vicino al mercato del pesce.", "Quando piove, i bambini giocano in casa."),
    "fr-fr": ("Bonjour, je voudrais deux billets pour Lyon.", "Le petit chat dort sous la vieille chaise.",
              "Nous avons passé un bon moment au bord du lac.", "Pourriez-vous fermer la fenêtre, s'il vous plaît ?"),
    "de": ("Guten Morgen, heute wird das Wetter schön und warm.", "Der Zug nach Hamburg fährt in fünf Minuten ab.",
           "Meine Großmutter backt am Sonntag immer einen Kuchen.", "Können Sie mir bitte den Weg zum Bahnhof zeigen?"),
    "ru": ("Доброе утро, сегодня мы поедем на рынок.", "Моя сестра любит читать книги по вечерам.",
           "Скажите, пожалуйста, где находится вокзал?", "Зимой в нашем городе бывает много снега."),
    "ja": ("おはようございます、きょうはとてもいいてんきですね。", "あしたともだちとうみへいきます。",
           "えきまでどうやっていけばいいですか。", "このみせのりんごはあまくておいしいです。"),
    "ko": ("안녕하세요, 오늘 날씨가 아주 좋네요.", "내일 아침에 친구와 함께 산에 갑니다.",
           "이 사과는 정말 달고 맛있어요.", "기차역까지 어떻게 가면 됩니까?"),
    "cmn": ("早上好,今天天气很好。", "我明天和朋友一起去北京。", "请问火车站怎么走?", "这个苹果又大又甜,我很喜欢。"),
    "pl": ("Dzień dobry, poproszę dwa bilety do Krakowa.", "Mój brat mieszka w małym domu nad rzeką.",
           "Czy może pan mówić trochę wolniej?", "Wieczorem pójdziemy razem do kina."),
    "pt-br": ("Bom dia, eu gostaria de um café com leite.", "As crianças brincam no jardim da escola.",
              "Amanhã vamos visitar a cidade velha.", "Você pode me dizer onde fica a estação?"),
    "nl": ("Goedemorgen, ik wil graag een kopje koffie.", "De kinderen spelen buiten in de grote tuin.",
           "Morgen gaan we met de trein naar Utrecht.", "Kunt u mij zeggen hoe laat het is?"),
    "sv": ("God morgon, jag skulle vilja ha en kopp kaffe.", "Barnen leker i trädgården bakom huset.",
           "I morgon åker vi tåg till Göteborg.", "Kan du säga mig vad klockan är?"),
}  # fmt: skip
"""Sentences in other languages, by the name of espeak-ng's voice."""


def sentences(corpus: Path) -> tuple[str, ...]:
    """The sentences that come with the recordings, for other voices to say; none where the corpus is not at hand."""
    speech = corpus / "speech"
    if not (speech / "manifest.csv").exists():
        return ()
    texts = [row["text"] for row in manifest_rows(speech) if row["dataset"] == "LJSpeech"]
    texts = [text for text in texts if " " in text]
    for name in ("speechbrain__ASR_train.json", "speechbrain__ASR_dev.json"):
        if (speech / name).exists():
            texts += [row["wrd"].lower() for row in json.loads((speech / name).read_text(encoding="utf-8")).values()]
    table = speech / "coqui__metadata.csv"
    if table.exists():
        texts += [line.split("|")[2] for line in table.read_text(encoding="utf-8").splitlines() if line.count("|") >= 2]
    return tuple(dict.fromkeys(text.strip() for text in texts if text.strip()))


class Prompter:
    """Endless English prompts, the same for the same seed and sentences.

    Attributes:
        sentences: real ones, of which a quarter of the prompts are pieces.
    """

    def __init__(self, seed: int, sentences: tuple[str, ...] = ()) -> None:
        """A quarter pieces of sentences (none given: words), a tenth commands as in GRID, the rest words in a row."""
        self._random = random.Random(seed)
        self.sentences = sentences
        self._little, self._seldom = _LITTLE.split(), _SELDOM.split()
        self._command = [words.split() for words in _COMMAND.split("|")]
        self._words, frequency = vocabulary()
        # The square root: frequent words come often, yet the few most frequent are not half of all.
        weight = np.sqrt(frequency)
        self._cumulated = np.cumsum(weight / weight.sum())

    def english(self) -> str:
        """The next prompt."""
        kind = self._random.random()
        if kind < 0.25 and self.sentences:
            return self._piece(self._random.choice(self.sentences))
        if kind < 0.35:
            return " ".join(self._random.choice(words) for words in self._command) + "."
        return self._row()

    def foreign(self) -> tuple[str, str]:
        """A voice of another language and a sentence in it."""
        voice = self._random.choice(sorted(FOREIGN))
        return voice, self._random.choice(FOREIGN[voice])

    def _piece(self, sentence: str) -> str:
        """At most 14 words of it in a row."""
        words = sentence.split()
        start = self._random.randrange(max(1, len(words) - 13))
        return " ".join(words[start : start + 14]).strip(",;: ") or sentence

    def _row(self) -> str:
        row: list[str] = []
        for _ in range(self._random.randint(4, 12)):
            if row and self._random.random() < 0.3:
                row.append(self._random.choice(self._little))
            row.append(self._word())
            if self._random.random() < 0.12:
                row[-1] += ","
        return " ".join(row).strip(",") + self._random.choice(".....?!")

    def _word(self) -> str:
        kind = self._random.random()
        if kind < _RARE_SHARE:
            return self._random.choice(self._words)
        if kind < _RARE_SHARE + 0.12:
            return self._random.choice(self._seldom)
        return self._words[min(int(np.searchsorted(self._cumulated, self._random.random())), len(self._words) - 1)]
