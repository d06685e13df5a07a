"""What the made-up people write: the weather, invented films, recipes, and links to places that do not exist."""

import random

SPACE_HOST = "files.storage.example"
SPACE_ID = "Qx7Lm2Vr9TzK"
SPACE_KEY = f"{SPACE_HOST}/{SPACE_ID}"
"""The storage space, as every spelling of its link must come out."""
SPACE_SPELLINGS = (
    f"https://{SPACE_HOST}/folder/{SPACE_ID}#key=lavender-tin-whistle-0042",
    f"http://{SPACE_HOST}/folder/{SPACE_ID}",
    f"New album: https://FILES.Storage.EXAMPLE/folder/{SPACE_ID}/",
    f"see https://www.{SPACE_HOST}/folder/{SPACE_ID}?usp=sharing",
    f"(https://{SPACE_HOST}:443/folder/{SPACE_ID})",
    f"https://{SPACE_HOST}/folder/{SPACE_ID}?utm_source=chat&utm_medium=message",
    f"the pictures are at https://{SPACE_HOST}//folder//{SPACE_ID}, enjoy!",
    f"https://{SPACE_HOST}/folder/%51x7Lm2Vr9Tz%4B",
    f"<https://{SPACE_HOST}/folder/{SPACE_ID}>.",
    f"HTTPS://{SPACE_HOST}/folder/{SPACE_ID}?utm_campaign=spring#key=lavender-tin-whistle-0042",
)
"""Ten spellings of the one link. The fragment in two of them is a live credential."""
SITES = (
    "https://weather.example.org/valley/2026-04-{:02d}",
    "https://films.example.org/reviews?id={:d}",
    "https://recipes.example.org/soups/{:d}.html",
    "https://www.example.org/news/{:d}",
)
TALK = {
    "film": (
        "Tonight: {film}, at eight", "I liked the music in {film}", "{film} is too long for a weekday",
        "Who has seen {film}?", "The lighthouse scene in {film} is the best", "Next week {film}, I bring the biscuits",
    ),
    "recipes": (
        "The {dish} needs twenty minutes more", "More salt in the {dish}", "{dish} for six, who is coming?",
        "I leave the {dish} by the window", "My oven is too small for the {dish}", "No {dish} without fresh bread",
    ),
    "weather": (
        "Eleven degrees and {sky} here", "The gauge says {mm} mm since yesterday", "{sky} over the ridge this morning",
        "First swallows, and {sky}", "Wind from the west, {sky} by noon", "{mm} mm in one hour!",
    ),
}  # fmt: skip
FILMS = ("The Paper Lighthouse", "Nine Umbrellas", "A Train to Nowhere Hill", "The Tin Orchard", "Snow on the Piano")
DISHES = ("leek soup", "chestnut bread", "plum tart", "lentil stew", "onion pie")
SKIES = ("drizzle", "high cirrus", "fog", "sleet", "clear sky", "a halo round the sun")


def small_talk(room: str, rng: random.Random) -> str:
    """Return a sentence that fits the group; weather for every other conversation."""
    sentence = rng.choice(TALK.get(room, TALK["weather"]))
    return sentence.format(
        film=rng.choice(FILMS), dish=rng.choice(DISHES), sky=rng.choice(SKIES), mm=rng.randrange(1, 40)
    )


def ordinary_link(rng: random.Random) -> str:
    """Return a link to a page that is no storage space."""
    return rng.choice(SITES).format(rng.randrange(1, 30))
