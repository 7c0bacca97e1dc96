"""Text to speak, made here from small word lists and syllable rules, so that it belongs to nobody.

English: a small grammar, word salads, invented words and numbers. Other languages: invented words built from the
language's own spelling (its sound inventory is what matters, not sense), and numbers, which the engine reads out in
real words of the language.
"""
import numpy as np


def _phrases(text: str) -> list[str]:
    return text.strip().replace("\n", "|").split("|")


_PEOPLE = _phrases("""
my brother|the farmer|her mother|a young painter|the old captain|our teacher|Bob|Maria|the woman at the bank
some people|the whole family|everybody|nobody here|the boy with the bag|five good friends|the new doctor|we|they|you
I
""")
_VERBS = _phrases("""
bought|painted|moved|found|watched|remembered|carried|opened|put away|broke|wanted|used|threw out|showed me
asked about|brought back|could not see|would rather have|gave up|thought about|looked for|measured|shared|chose
""")
_THINGS = _phrases("""
a big blue boat|the paper map|his favourite shirt|a pair of brown shoes|the bathroom window|two cups of coffee
a very small house|the other room|an empty bottle|some fresh bread|both of the maps|the yellow umbrella
a heavy table|their garden|the usual measure of oil|a sharp knife|three thin leaves|a glass of warm milk
the green jewel|such a large number|the whole picture|something better|a book about birds
""")
_PLACES = _phrases("""
before breakfast|in the middle of the park|by the river|on Monday evening|at the top of the hill|without a word
for a month|under the bridge|above the shop|five miles from home|because of the rain|with a loud voice
after the party|in a hurry|near the theatre|as soon as possible|more than once|from January to March
with great pleasure|around the corner
""")
_OPENERS = _phrases("""
well|maybe|of course|to be honest|you know|I believe|most of the time|please remember that|oh|suppose|in my opinion
perhaps|believe me|as far as I can see|by the way|um
""")
_QUESTIONS = """why did|when did|how could|where would|do you think that|did you hear that|what if|is it true that""".split("|")
_WORDS = """
able about above after again air all also always among animal any apple arm ask away baby back bad bag ball bath be
beach bear beautiful beef beside between bird blow book both bottom bowl box boy bread bring build bump busy buy calm
camp cap car chair change cheap cheese child choose church city clean climb clothes cloud club coffee cold come comb
copper cough could cow crowd cup dark day deep different do dog door double down dream drop during each early earth
easy edge eight either empty enough even ever every eye face fall family far fast father feather feel few fifth fight
film fire first five flow food foot for forget form forty four free fresh friend from front full future game garage
gather girl give glass go gold good grow gym half hammer happy have he health heart heavy help her here high hill home
hope horse hour house how huge human hungry idea if important in join joy judge jump just keep kind king know lamp
language large laugh law leaf learn leave left leg length let level life light lip live long look loud love low lunch
machine main make many map market maybe me mean measure meet member method middle might mile milk mind minute miss mix
mob moment money month moon more morning mother mountain mouth move much music must my name nature near need never new
next nice night north nothing now number obey ocean of off often oil old on once open orange other our out over own
page pain pair paper park part past path pay people perfect perhaps person phone picture piece pink place plan play
please pocket point poor pot power press pretty problem proof public pull pump purple push put quick quiet rain reach
read real red remember rich right river road room rope rough round rub rule run same school sea seem serve seven shape
share she sheep shoe shop should shout show shut side simple since sing six sleep slow small smooth soap soft some
song soon sound south space speak spoon spring square stamp star stay step still stop storm story strange street
strong such sugar summer sun super sure swim table take talk tall taste teeth tell temper thank that the them then
there these they thick thin thing think third this those though thought three through thumb time to today together
tomorrow too tooth top touch tower town treasure tree triumph true try tube turn twelve two umbrella uncle under
unusual up upon use usual valley value very view village visit voice wait wake walk wall want warm was wash watch
water wave way we wear weather web weight well were west what wheel when where which while white who whole why wide
will win wind window winter wish with woman wonder wood word work world would write year yellow yes yesterday you
young zebra zero zoo
""".split()

_ENGLISH_SYLLABLES = (
    "p b m f v th t d n s z sh ch j r k g l w h y br pl sm fr sp st tr cl gl pr bl spr sk qu".split(),
    "a e i o u ay ee oa oo ow oi er ar or ea ai".split(),
    "- - - p b m f v th t d n s sh ch r k l ng mp nd lm st".split(),
)
# voice → (onsets, vowels, codas); '-' is nothing.
LANGUAGE_SYLLABLES: dict[str, tuple[list[str], list[str], list[str]]] = {
    voice: tuple(part.split() for part in spec.split("|"))  # type: ignore[misc]
    for voice, spec in {
        "de": "b p m f w t d n s z sch r k g l h j pf br schl st sp kr gl|"
        "a e i o u ä ö ü ei au eu ie|- - n m r l t s ch ng mpf bt nd",
        "fr": "b p m f v t d n s z ch j r c g l br pl tr cl gr|"
        "a é è i o u ou eu an on in oi eau|- - - r l t me be ne che",
        "es": "b p m f t d n s ch r qu l j ll ñ br pr tr gr bl|"
        "a e i o u ie ue ai|- - - n r s l",
        "it": "b p m f v t d n s z c r g l sc gn br pr str cr|"
        "a e i o u ia uo ie|- - - n r l",
        "pt-br": "b p m f v t d n s z ch j r l lh nh br pr tr|"
        "a e i o u ão em ai ou õe|- - - r s l m",
        "nl": "b p m f v t d n s z sch r k g l h w br pl sl|"
        "a e i o u aa ee ie oo oe uu ij ui eu|- - n m r l t p cht",
        "pl": "b p m f w t d n s z sz cz ż r k g l ł h j br prz tr|"
        "a e i o u y ą ę ó|- - n m r l k ć sz",
        "ru": "б п м ф в т д н с з ш ж ч ц р к г л х бр пр ст гл|"
        "а е и о у ы э ю я ё|- - н м р л т в п",
        "tr": "b p m f v t d n s z ş ç c r k g l h y|"
        "a e ı i o ö u ü|- - n m r l k p t",
        "sv": "b p m f v t d n s sj tj r k g l h j br sp|"
        "a e i o u y å ä ö|- - n m r l t v mp",
        "cs": "b p m f v t d n s z š č ž ř r k h l j br př st|"
        "a e i o u á í ou é ů|- - n m r l k b",
        "fi": "p m v t n s r k l h j|"
        "a e i o u y ä ö aa ii uu ää ei au uo|- - - n s l t",
        "el": "μπ π μ φ β τ δ ν σ ζ θ ρ κ γ λ χ πρ στ|"
        "α ε ι ο ου αι ει|- - - ν ς ρ",
        "hu": "b p m f v t d n sz z s cs zs r k g l h j gy ny|"
        "a á e é i o ó ö u ü|- - n m r l k b t",
        "ro": "b p m f v t d n s z ș ț ce r c g l h j br pr|"
        "a e i o u ă î oa ea|- - n m r l t b",
        "hi": "ब प म फ व त द न स ज श च र क ग ल ह य भ ध|"
        "ा े ि ी ो ु ू ै ौ|- - न म र ल त",
        "id": "b p m t d n s c j r k g l h w y ng ny|"
        "a e i o u ai au|- - n m r l k p ng",
        "sw": "b p m f v t d n s z sh ch j r k g l h w y mb nd ng'|"
        "a e i o u|- - -",
        "cmn-latn-pinyin": "b p m f t d n l g k h j q x zh ch sh r z c s w y|"
        "a1 ai4 ao3 an2 ei4 en1 i2 ing4 ou3 ong1 u4 uo2|-",
        "vi": "b p m ph v t đ n x s kh ch tr r l h ng nh|"
        "a á e ê i o ô ơ u ư ia ưa|- - n m ng p t",
        "cy": "b p m ff f t d n s dd th r c g l ll h w|"
        "a e i o u w y ae aw|- - n m r l th b",
        "da": "b p m f v t d n s sj r k g l h j br|"
        "a e i o u y å æ ø|- - n m r l t",
        "sr": "б п м ф в т д н с з ш ж ч р к г л х бр|"
        "а е и о у|- - н м р л т в",
    }.items()
}


def _pick(rng: np.random.Generator, options: list[str]) -> str:
    return options[rng.integers(len(options))]


def _invented_word(rng: np.random.Generator, syllables: tuple[list[str], list[str], list[str]]) -> str:
    count = rng.choice([1, 2, 3], p=[0.25, 0.5, 0.25])
    return "".join(_pick(rng, part) for _ in range(count) for part in syllables).replace("-", "")


def _number(rng: np.random.Generator) -> str:
    return str(rng.integers(10 ** rng.integers(1, 6)))


def english(rng: np.random.Generator) -> str:
    """One or two English sentences, 4 to about 20 words."""
    kind = rng.random()
    if kind < 0.45:
        sentence = f"{_pick(rng, _PEOPLE)} {_pick(rng, _VERBS)} {_pick(rng, _THINGS)} {_pick(rng, _PLACES)}"
        if rng.random() < 0.4:
            sentence = f"{_pick(rng, _OPENERS)}, {sentence}"
        if rng.random() < 0.25:
            return f"{_pick(rng, _QUESTIONS)} {sentence}?"
        return sentence + _pick(rng, [".", ".", "!", ", and then left."])
    words = [_pick(rng, _WORDS) for _ in range(rng.integers(4, 13))]
    if kind > 0.75:
        words = [_invented_word(rng, _ENGLISH_SYLLABLES) if rng.random() < 0.6 else word for word in words]
    if kind > 0.9:
        words.insert(int(rng.integers(len(words))), _number(rng))
    if len(words) > 6 and rng.random() < 0.6:
        words[len(words) // 2] += _pick(rng, [",", ".", ";", "?"])
    return " ".join(words) + "."


def foreign(rng: np.random.Generator, voice: str) -> str:
    """A made-up sentence in the spelling of one of LANGUAGE_SYLLABLES."""
    words = [_invented_word(rng, LANGUAGE_SYLLABLES[voice]) for _ in range(rng.integers(4, 10))]
    for _ in range(rng.integers(0, 3)):
        words.insert(int(rng.integers(len(words))), _number(rng))
    if len(words) > 5:
        words[len(words) // 2] += ","
    return " ".join(words) + "."
