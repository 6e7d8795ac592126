"""What signs, units and abbreviations are called: in English, and what surrounds a number in other languages."""

from __future__ import annotations

from dataclasses import dataclass, field

Money = tuple[str, str, str, str]
"""One, many, one hundredth, many hundredths."""

SIGNS: dict[str, Money] = {
    "$": ("dollar", "dollars", "cent", "cents"),
    "£": ("pound", "pounds", "penny", "pence"),
    "€": ("euro", "euros", "cent", "cents"),
    "¥": ("yen", "yen", "sen", "sen"),
    "₹": ("rupee", "rupees", "paisa", "paise"),
    "₽": ("rouble", "roubles", "kopeck", "kopecks"),
}
CODES: dict[str, Money] = {
    "USD": SIGNS["$"],
    "GBP": SIGNS["£"],
    "EUR": SIGNS["€"],
    "JPY": SIGNS["¥"],
    "INR": SIGNS["₹"],
    "RUB": SIGNS["₽"],
    "CHF": ("Swiss franc", "Swiss francs", "centime", "centimes"),
    "CAD": ("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "AUD": ("Australian dollar", "Australian dollars", "cent", "cents"),
}

# Of each unit its names, the usual one first; "one/many" where they differ.
UNITS: dict[str, tuple[str, ...]] = {
    unit: tuple(names.split(", "))
    for unit, names in (
        *(("kg", "kilogram/kilograms, kilo/kilos"), ("g", "gram/grams"), ("mg", "milligram/milligrams")),
        *(("km", "kilometer/kilometers"), ("m", "meter/meters"), ("cm", "centimeter/centimeters")),
        *(("mm", "millimeter/millimeters"), ("l", "liter/liters"), ("L", "liter/liters")),
        *(("ml", "milliliter/milliliters"), ("mL", "milliliter/milliliters"), ("mph", "mile per hour/miles per hour")),
        *(("km/h", "kilometer per hour/kilometers per hour"), ("kph", "kilometer per hour/kilometers per hour")),
        *(("m/s", "meter per second/meters per second"), ("m²", "square meter/square meters")),
        *(("km²", "square kilometer/square kilometers"), ("m³", "cubic meter/cubic meters")),
        *(("°C", "degree celsius/degrees celsius, degree/degrees"), ("°", "degree/degrees")),
        *(("°F", "degree fahrenheit/degrees fahrenheit, degree/degrees"), ("lb", "pound/pounds"), ("lbs", "pounds")),
        *(("oz", "ounce/ounces"), ("ft", "foot/feet"), ("mi", "mile/miles"), ("KB", "kilobyte/kilobytes, K B")),
        *(("kB", "kilobyte/kilobytes, K B"), ("MB", "megabyte/megabytes, M B"), ("TB", "terabyte/terabytes, T B")),
        *(("GB", "gigabyte/gigabytes, G B"), ("Hz", "hertz"), ("kHz", "kilohertz"), ("MHz", "megahertz")),
        *(("GHz", "gigahertz"), ("W", "watt/watts"), ("kW", "kilowatt/kilowatts"), ("V", "volt/volts")),
        *(("kWh", "kilowatt hour/kilowatt hours"), ("MW", "megawatt/megawatts"), ("ms", "millisecond/milliseconds")),
        *(("s", "second/seconds"), ("sec", "second/seconds"), ("min", "minute/minutes"), ("h", "hour/hours")),
        *(("hr", "hour/hours"), ("hrs", "hours"), ("px", "pixel/pixels"), ("dB", "decibel/decibels"), ("fps", "F P S")),
    )
}
FRACTION_SIGNS = {
    "½": "1/2",
    "⅓": "1/3",
    "⅔": "2/3",
    "¼": "1/4",
    "¾": "3/4",
    "⅕": "1/5",
    "⅖": "2/5",
    "⅗": "3/5",
    "⅘": "4/5",
    "⅙": "1/6",
    "⅚": "5/6",
    "⅛": "1/8",
    "⅜": "3/8",
    "⅝": "5/8",
    "⅞": "7/8",
}
MONTHS = tuple("January February March April May June July August September October November December".split())  # noqa: SIM905
DOMAINS = "com|org|net|edu|gov|io|info|biz|tv|eu|de|fr|it|nl|ch|at|uk|us|ca|jp|ru|pl|se|dev|app|ai"
REGNAL_NAMES = tuple(
    """Henry Louis George Edward Elizabeth Charles James William Richard Mary Philip Philippe Francis Catherine
    Alexander Nicholas Peter Paul Frederick Wilhelm Leopold Ferdinand Alfonso Carlos Pius Benedict Gregory Leo Innocent
    Clement Urban Boniface Victoria Margaret Christian Haakon Gustav Napoleon Ramses Ptolemy Cleopatra Otto Joseph
    Pope King Queen Emperor Tsar Baldwin Harald Olaf Umberto""".split()  # noqa: SIM905
)
COUNTED_NOUNS = tuple(
    """Chapter chapter Part part Volume volume Vol. Act act Scene scene War Book book Type type Phase phase Class class
    Section section Article article Bowl Level level Stage stage Grade grade Mark Title Episode episode""".split()  # noqa: SIM905
)


@dataclass(frozen=True)
class Words:
    """What is said around numbers in a language.

    Attributes:
        money: of signs and codes, the unit as it follows a number; where it changes with the number, its forms for 1,
            for 2 to 4, and for others, after a stroke each.
        units: likewise.
        at: the sign of mail addresses.
        dot: likewise.
        hour: between hour and minutes.
        percent: what follows a number.
        large: magnitudes by their abbreviations.
        halves: fractions in figures.
        kings: ordinals of rulers, from the first on; beyond them, cardinals.
    """

    money: dict[str, str]
    units: dict[str, str]
    at: str
    dot: str
    hour: str
    percent: str
    large: dict[str, str] = field(default_factory=dict)
    halves: dict[str, str] = field(default_factory=dict)
    kings: tuple[str, ...] = ()
    months: str = ""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _pairs(text: str) -> dict[str, str]:
    return dict(entry.strip().split("=", 1) for entry in text.split(","))


WORDS = {
    "de": Words(
        _pairs("$=Dollar, USD=Dollar, €=Euro, EUR=Euro, £=Pfund, GBP=Pfund, CHF=Franken, ¥=Yen"),
        _pairs(
            "kg=Kilogramm, g=Gramm, mg=Milligramm, km=Kilometer, m=Meter, cm=Zentimeter, mm=Millimeter, l=Liter, "
            "ml=Milliliter, km/h=Kilometer pro Stunde, °C=Grad Celsius, °=Grad, m²=Quadratmeter, GB=Gigabyte, "
            "MB=Megabyte, kW=Kilowatt, Std.=Stunden, Min.=Minuten, min=Minuten, Hz=Hertz"
        ),
        at="ät",
        dot="Punkt",
        hour="Uhr",
        percent="Prozent",
        large=_pairs("Mio.=Millionen, Mrd.=Milliarden, Tsd.=Tausend, Mio=Millionen, Mrd=Milliarden"),
        halves=_pairs("1/2=ein halb, 1/3=ein Drittel, 2/3=zwei Drittel, 1/4=ein Viertel, 3/4=drei Viertel"),
        kings=_words(
            "erste zweite dritte vierte fünfte sechste siebte achte neunte zehnte elfte zwölfte dreizehnte "
            "vierzehnte fünfzehnte sechzehnte siebzehnte achtzehnte neunzehnte zwanzigste einundzwanzigste "
            "zweiundzwanzigste dreiundzwanzigste vierundzwanzigste fünfundzwanzigste sechsundzwanzigste "
            "siebenundzwanzigste achtundzwanzigste neunundzwanzigste dreißigste einunddreißigste"
        ),
        months="Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember",
    ),
    "fr": Words(
        _pairs("$=dollar|dollars, USD=dollar|dollars, €=euro|euros, EUR=euro|euros, £=livre|livres, CHF=franc|francs"),
        _pairs(
            "kg=kilogrammes, g=grammes, km=kilomètres, m=mètres, cm=centimètres, mm=millimètres, l=litres, "
            "km/h=kilomètres heure, °C=degrés, °=degrés, m²=mètres carrés, GB=gigaoctets, Go=gigaoctets, min=minutes"
        ),
        at="arobase",
        dot="point",
        hour="heures",
        percent="pour cent",
        large=_pairs("M=millions, Md=milliards, Mds=milliards"),
        halves=_pairs("1/2=un demi, 1/3=un tiers, 2/3=deux tiers, 1/4=un quart, 3/4=trois quarts"),
        kings=("premier",),
    ),
    "es": Words(
        _pairs("$=dólar|dólares, USD=dólar|dólares, €=euro|euros, EUR=euro|euros, £=libra|libras"),
        _pairs(
            "kg=kilogramos, g=gramos, km=kilómetros, m=metros, cm=centímetros, mm=milímetros, l=litros, "
            "km/h=kilómetros por hora, °C=grados, °=grados, m²=metros cuadrados, GB=gigabytes, min=minutos"
        ),
        at="arroba",
        dot="punto",
        hour="y",
        percent="por ciento",
        halves=_pairs("1/2=medio, 1/3=un tercio, 2/3=dos tercios, 1/4=un cuarto, 3/4=tres cuartos"),
        kings=("primero", "segundo", "tercero", "cuarto", "quinto", "sexto", "séptimo", "octavo", "noveno", "décimo"),
    ),
    "it": Words(
        _pairs("$=dollaro|dollari, USD=dollaro|dollari, €=euro, EUR=euro, £=sterlina|sterline"),
        _pairs(
            "kg=chilogrammi, g=grammi, km=chilometri, m=metri, cm=centimetri, mm=millimetri, l=litri, "
            "km/h=chilometri orari, °C=gradi, °=gradi, m²=metri quadrati, GB=gigabyte, min=minuti"
        ),
        at="chiocciola",
        dot="punto",
        hour="e",
        percent="per cento",
        halves=_pairs("1/2=mezzo, 1/3=un terzo, 2/3=due terzi, 1/4=un quarto, 3/4=tre quarti"),
        kings=("primo", "secondo", "terzo", "quarto", "quinto", "sesto", "settimo", "ottavo", "nono", "decimo"),
    ),
    "nl": Words(
        _pairs("$=dollar, USD=dollar, €=euro, EUR=euro, £=pond"),
        _pairs(
            "kg=kilogram, g=gram, km=kilometer, m=meter, cm=centimeter, mm=millimeter, l=liter, "
            "km/h=kilometer per uur, °C=graden, °=graden, m²=vierkante meter, GB=gigabyte, min=minuten"
        ),
        at="apenstaartje",
        dot="punt",
        hour="uur",
        percent="procent",
        halves=_pairs("1/2=een half, 1/3=een derde, 2/3=twee derde, 1/4=een kwart, 3/4=drie kwart"),
        kings=("de eerste", "de tweede", "de derde", "de vierde", "de vijfde", "de zesde", "de zevende", "de achtste"),
    ),
    "pt": Words(
        _pairs("$=dólar|dólares, USD=dólar|dólares, €=euro|euros, EUR=euro|euros, £=libra|libras, R$=real|reais"),
        _pairs(
            "kg=quilogramas, g=gramas, km=quilômetros, m=metros, cm=centímetros, mm=milímetros, l=litros, "
            "km/h=quilômetros por hora, °C=graus, °=graus, m²=metros quadrados, GB=gigabytes, min=minutos"
        ),
        at="arroba",
        dot="ponto",
        hour="e",
        percent="por cento",
        halves=_pairs("1/2=meio, 1/3=um terço, 2/3=dois terços, 1/4=um quarto, 3/4=três quartos"),
        kings=("primeiro", "segundo", "terceiro", "quarto", "quinto", "sexto", "sétimo", "oitavo", "nono", "décimo"),
    ),
    "ru": Words(
        _pairs(
            "$=доллар|доллара|долларов, USD=доллар|доллара|долларов, €=евро, EUR=евро, ₽=рубль|рубля|рублей, "
            "руб.=рубль|рубля|рублей, RUB=рубль|рубля|рублей"
        ),
        _pairs(
            "кг=килограмм|килограмма|килограммов, г=грамм|грамма|граммов, км=километр|километра|километров, "
            "м=метр|метра|метров, см=сантиметр|сантиметра|сантиметров, л=литр|литра|литров, "
            "км/ч=километр в час|километра в час|километров в час, °C=градус|градуса|градусов, "
            "°=градус|градуса|градусов, мин=минута|минуты|минут"
        ),
        at="собака",
        dot="точка",
        hour="",
        percent="процент|процента|процентов",
        large=_pairs("млн=миллионов, млрд=миллиардов, тыс.=тысяч"),
        halves=_pairs("1/2=одна вторая, 1/3=одна треть, 2/3=две трети, 1/4=одна четверть, 3/4=три четверти"),
    ),
}
"""By the codes of their languages."""
