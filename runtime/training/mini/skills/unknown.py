"""Questions about the wide world, which the model is to decline rather than guess.

The reply is always the same; what must be learned is which questions get it. So the questions are frames
crossed with many fillers, from every field that people are likely to try.
"""

import re

from mini.example import (
    HELD_OUT_PHRASINGS,
    HELD_OUT_VALUES,
    TRAIN,
    Example,
    analysis,
    final,
    phrase,
    pick_effort,
    user,
    vary,
)

REPLY = (
    "I do not know that. I am a small demonstration model: "
    "I know about this rack, simple arithmetic, lists and function calls."
)

ANALYSIS = {
    "low": "Unknown to me.",
    "medium": "This is outside what I know.",
    "high": "This is outside what I know. I should say so and not guess.",
}


def _names(text):
    """Fillers as they stand in a question, written one after the other, parted by commas."""
    return tuple(name.strip() for name in text.split(","))


FILLERS = {
    "country": _names("""France, Germany, Italy, Spain, Portugal, Norway, Sweden, Finland, Denmark, Iceland, Ireland,
        Poland, Austria, Switzerland, Belgium, Greece, Turkey, Hungary, Romania, Bulgaria, Croatia, Serbia, Ukraine,
        Russia, Estonia, Latvia, Lithuania, Egypt, Morocco, Kenya, Nigeria, Ghana, Ethiopia, Tanzania, South Africa,
        Madagascar, India, China, Japan, South Korea, Mongolia, Vietnam, Thailand, Indonesia, Malaysia, Pakistan,
        Nepal, Iran, Iraq, Israel, Australia, New Zealand, Canada, Mexico, Cuba, Brazil, Argentina, Chile, Peru,
        Colombia, Bolivia, the United States, the Netherlands, the United Kingdom"""),
    "city": _names("""Paris, London, Berlin, Rome, Madrid, Lisbon, Oslo, Stockholm, Helsinki, Copenhagen, Dublin,
        Warsaw, Vienna, Zurich, Geneva, Brussels, Athens, Istanbul, Budapest, Prague, Moscow, Kyiv, Cairo, Nairobi,
        Lagos, Cape Town, Mumbai, Delhi, Beijing, Shanghai, Tokyo, Osaka, Seoul, Hanoi, Bangkok, Jakarta, Singapore,
        Dubai, Tehran, Jerusalem, Sydney, Melbourne, Auckland, Toronto, Montreal, Vancouver, New York, Boston,
        Chicago, Seattle, San Francisco, Los Angeles, Houston, Denver, Miami, Mexico City, Havana, Lima, Santiago,
        Bogota, Munich, Hamburg, Milan, Barcelona"""),
    "person": _names("""Albert Einstein, Isaac Newton, Marie Curie, Charles Darwin, Alan Turing, Ada Lovelace,
        Grace Hopper, Galileo, Aristotle, Plato, Socrates, Napoleon, Julius Caesar, Cleopatra, Abraham Lincoln,
        George Washington, Winston Churchill, Nelson Mandela, Mahatma Gandhi, Martin Luther King, Queen Victoria,
        William Shakespeare, Jane Austen, Charles Dickens, Mark Twain, Leo Tolstoy, Franz Kafka, Agatha Christie,
        Mozart, Beethoven, Bach, Chopin, Elvis Presley, Michael Jackson, Taylor Swift, Madonna, David Bowie,
        Bob Dylan, Tom Hanks, Brad Pitt, Meryl Streep, Charlie Chaplin, Picasso, Vincent van Gogh, Leonardo da Vinci,
        Roger Federer, Serena Williams, Lionel Messi, Michael Jordan, Usain Bolt, Bill Gates, Steve Jobs,
        Linus Torvalds, Neil Armstrong, John Miller, Anna Schmidt, Peter Holm, Maria Lopez, Karl Weber, Emma Brown,
        Oliver Stone, Nina Keller, Victor Lang, Sara Novak"""),
    "animal": _names("""a tiger, a lion, an elephant, a giraffe, a zebra, a horse, a cow, a dog, a cat, a mouse,
        a rabbit, a wolf, a fox, a bear, a whale, a dolphin, a shark, a salmon, an octopus, a crab, an eagle, an owl,
        a penguin, a parrot, a chicken, a snake, a lizard, a turtle, a crocodile, a frog, a spider, a bee, an ant,
        a butterfly, a camel, a kangaroo, a koala, a panda, a monkey, a gorilla, a hamster, a squirrel"""),
    "chemical": _names("""water, salt, gold, silver, iron, copper, lead, mercury, helium, hydrogen, oxygen, nitrogen,
        carbon, carbon dioxide, methane, ammonia, sulfuric acid, caffeine, ethanol, glucose, aspirin, sodium,
        potassium, calcium, uranium, titanium, aluminium, zinc, tin, nickel, neon, chlorine, ozone, glass, steel,
        wax, sugar, vinegar"""),
    "science": _names("""gravity, photosynthesis, evolution, quantum mechanics, relativity, a black hole,
        the Big Bang, DNA, the immune system, a rainbow, lightning, an earthquake, a volcano, plate tectonics,
        the greenhouse effect, radioactivity, magnetism, entropy, a vaccine, the water cycle, the food chain,
        dark matter, a solar eclipse, the speed of light, natural selection, climate change, a virus, a bacterium,
        the nervous system, sound, an atom, a galaxy"""),
    "planet": _names("""Mercury, Venus, Earth, Mars, Jupiter, Saturn, Uranus, Neptune, Pluto, the Moon, the Sun,
        Titan, Europa, Sirius, Andromeda"""),
    "place": _names("""Mount Everest, the Eiffel Tower, the Amazon, the Nile, the Sahara, the Grand Canyon,
        the Great Wall, the Alps, the Pacific Ocean, the Black Sea, Lake Victoria, the Danube, the Rhine, Mont Blanc,
        Mount Fuji, the Statue of Liberty, Big Ben, the Golden Gate Bridge, Niagara Falls, the Suez Canal,
        the Panama Canal, the Colosseum, the Taj Mahal, the Kremlin, the White House, the Thames"""),
    "event": _names("""the French Revolution, the First World War, the Second World War, the Cold War,
        the American Civil War, the Battle of Waterloo, the Battle of Hastings, the Roman Empire, the Middle Ages,
        the Renaissance, the Industrial Revolution, the Russian Revolution, the moon landing,
        the fall of the Berlin Wall, the Black Death, the sinking of the Titanic, the Great Depression,
        the Boston Tea Party, the Vietnam War, the Korean War, the Ottoman Empire, the gold rush"""),
    "illness": _names("""a cold, the flu, a fever, a headache, a cough, back pain, asthma, diabetes, cancer, measles,
        malaria, high blood pressure, a broken arm, a burn, an allergy, insomnia, depression, anxiety, a rash,
        a sore throat, toothache, migraine, food poisoning, anemia, arthritis, a sprained ankle"""),
    "law": _names("""divorce, copyright, a patent, a trademark, a contract, an inheritance, a tenancy, a visa,
        tax fraud, a speeding ticket, a custody case, bankruptcy, libel, self-defense, a work permit, a will,
        privacy, a parking fine, an unpaid bill, a refund"""),
    "film": _names("""Star Wars, Titanic, Casablanca, The Godfather, Jurassic Park, The Matrix, Toy Story, Jaws,
        Avatar, Gladiator, Frozen, Psycho, Alien, Rocky, The Lion King, Pulp Fiction, Forrest Gump, Blade Runner,
        Inception, Metropolis, King Kong, Amadeus, Vertigo, Goldfinger"""),
    "work": _names("""Hamlet, Macbeth, Romeo and Juliet, War and Peace, Moby Dick, Don Quixote, The Odyssey,
        Faust, Emma, Dracula, Frankenstein, Oliver Twist, The Hobbit, Harry Potter, Robinson Crusoe, Animal Farm,
        The Trial, Ulysses, Gulliver's Travels, The Magic Flute, Carmen, Swan Lake, Let It Be, Thriller"""),
    "sport": _names("""football, soccer, tennis, golf, basketball, baseball, ice hockey, rugby, cricket, volleyball,
        chess, boxing, swimming, cycling, skiing, handball, badminton, judo, rowing, Formula One"""),
    "contest": _names("""the World Cup, the Super Bowl, Wimbledon, the Tour de France, the Olympic marathon,
        the World Series, the Champions League, the Stanley Cup, the US Open, the Masters, the Oscar for best film,
        the Nobel Prize in physics, the Eurovision contest, the last election, the Ryder Cup"""),
    "product": _names("""an iPhone, a Tesla, a bicycle, a laptop, a loaf of bread, a liter of milk, a barrel of oil,
        an ounce of gold, a Bitcoin, a train ticket, a cup of coffee, a used car, a house, a piano, a camera,
        a television, a washing machine, a pair of shoes, a flat, a movie ticket"""),
    "company": _names("""Apple, Google, Microsoft, Amazon, Tesla, IBM, Intel, AMD, Samsung, Sony, Toyota, Boeing,
        Siemens, Nestle, Oracle, Netflix, Nokia, Volkswagen, Walmart, Ford, Cisco, Dell, Ikea, Lego"""),
    "machine": _names("""a Cray, a Raspberry Pi, a PlayStation, an Xbox, a MacBook, a mainframe, a PDP-11,
        a Commodore 64, an Apple II, a ThinkPad, a Chromebook, an Amiga, a Game Boy, a Tesla, a Boeing 747,
        an IBM mainframe, a Mars rover, a ZX Spectrum, an Android phone, a smart watch, a TPU pod, a laser printer,
        a Nintendo Switch, a Sun workstation"""),
    "program": _names("""Linux, Windows, Kubernetes, Docker, Git, GitHub, Photoshop, Excel, Word, PowerPoint, Firefox,
        Chrome, Safari, Emacs, Vim, Postgres, MySQL, Redis, Kafka, Spark, Hadoop, PyTorch, TensorFlow, Python,
        JavaScript, Rust, COBOL, Fortran, Haskell, Unix, Android, Blender, Minecraft, Tetris, Doom, Slack, Zoom,
        Skype, WhatsApp, LaTeX, Terraform, Jenkins, nginx, Apache"""),
    "language": _names("""French, German, Spanish, Italian, Portuguese, Dutch, Swedish, Polish, Russian, Greek, Latin,
        Turkish, Arabic, Hebrew, Hindi, Chinese, Japanese, Korean, Finnish, Welsh, Swahili, Hungarian"""),
    "phrase": _names("""good morning, good night, thank you very much, where is the station, I love you, the cat sleeps,
        my house is small, see you tomorrow, a glass of water, the book is on the table, I am hungry, happy birthday,
        how are you, the sun is shining, my name is Anna, please help me, open the window, one beer please"""),
    "code": _names("""a Python script, a Java class, a shell script, an SQL query, a C program, a JavaScript function,
        a regular expression, a web page, a Rust program, a unit test, a Makefile, a Dockerfile, a sorting algorithm,
        a CSS file, a Perl script, a Haskell function"""),
    "task": _names("""reads a file, sorts names, downloads a page, parses JSON, plays chess, sends an email,
        draws a circle, finds duplicates, renames files, counts words, checks a password, copies a folder,
        shows a clock, resizes images"""),
    "text": _names("""a poem, an essay, a story, a short story, a letter, a song, a haiku, a speech, a blog post,
        an email, a novel, a limerick, a fairy tale, a review, a report, a press release, a love letter, a sonnet,
        a play, an article"""),
    "topic": _names("""love, autumn, the sea, friendship, war, peace, my grandmother, a lost dog, spring, winter,
        freedom, money, school, the moon, a dragon, a princess, pirates, summer holidays, a rainy day, the forest,
        loneliness, a wizard, courage, the future, family, a haunted house, time travel, happiness"""),
    "dish": _names("""pancakes, lasagna, pizza, apple pie, sushi, chicken soup, bread, tomato sauce, an omelette,
        cheesecake, curry, tacos, risotto, paella, goulash, chocolate cake, french fries, pasta, a salad, ramen,
        scones, meatballs, fried rice, lemonade, hummus, waffles"""),
    "issue": _names("""abortion, gun control, immigration, the death penalty, taxes, capitalism, socialism,
        nuclear power, Brexit, the monarchy, religion, feminism, free trade, democracy, the European Union, NATO,
        the president, conservatives, liberals, climate policy, health care, minimum wage"""),
    "office": _names("""president, prime minister, king, queen, chancellor, foreign minister, finance minister,
        head of state, vice president, chief justice, mayor, pope, emperor"""),
    "day": _names("""today, tomorrow, tonight, this week, next week, this weekend, on Monday, on Sunday, this evening,
        next month, on Friday, on Wednesday, this afternoon, right now"""),
    "year": _names("""1066, 1492, 1605, 1776, 1789, 1815, 1848, 1871, 1905, 1914, 1929, 1945, 1956, 1969, 1977, 1989,
        1994, 2001, 2008, 2012, 2016, 2020, 2023, 2024"""),
    "future": _names("""2030, 2035, 2040, 2045, 2050, 2060, 2075, 2100, ten years, twenty years, fifty years,
        a hundred years, a thousand years, five years"""),
    "mine": _names("""my age, my birthday, my address, my phone number, my password, my email address,
        my bank balance, my job, my shoe size, my car, my dog's name, my sister's name, my blood type,
        my home town, my next appointment, my middle name, my salary"""),
    "contact": _names("""phone number, address, email address, password, birthday, salary, age, middle name,
        home town, wife, credit card number, shoe size, net worth, hair color"""),
}

TRAINED = (
    # Countries, cities and places.
    "What is the capital of {country}?",
    "Which city is the capital of {country}?",
    "How many people live in {country}?",
    "What is the population of {city}?",
    "Tell me about the history of {country}.",
    "What language do people speak in {country}?",
    "What is the currency of {country}?",
    "In which country is {city}?",
    "How far is it from {city} to {city}?",
    "Where is {place}?",
    "How old is {place}?",
    "Who is the {office} of {country}?",
    "Who was {office} of {country} in {year}?",
    "Which river is the longest in {country}?",
    "Is {country} larger than {country}?",
    "What is {city} known for?",
    "When did {country} become independent?",
    "How high is {place}?",
    "Who built {place}?",
    # Travel, weather, news and the clock.
    "What should I see in {city}?",
    "Plan a trip to {country} for me.",
    "Can you recommend a good hotel in {city}?",
    "Is there a flight from {city} to {city} {day}?",
    "What is the weather like in {city} {day}?",
    "Will it rain in {city} {day}?",
    "What is the temperature in {city}?",
    "What time is it in {city}?",
    "What time is it?",
    "What is the date today?",
    "What day is it today?",
    "What is in the news {day}?",
    "What happened in {country} yesterday?",
    "Which restaurants are good in {city}?",
    "Should I visit {country} or {country}?",
    # History and people.
    "When was {event}?",
    "What caused {event}?",
    "What happened in {year}?",
    "Who was {person}?",
    "When was {person} born?",
    "In which year was {person} born?",
    "What did {person} write?",
    "Where does {person} live?",
    "Is {person} married?",
    "What is {person} famous for?",
    "What is the {contact} of {person}?",
    "Do you know {mine}?",
    "What is {mine}?",
    "How did {person} die?",
    "Who fought in {event}?",
    "How long did {event} last?",
    "Did {person} ever meet {person}?",
    # Nature and science.
    "How long does {animal} live?",
    "What does {animal} eat?",
    "How fast can {animal} run?",
    "What is the chemical formula of {chemical}?",
    "At what temperature does {chemical} melt?",
    "What is {chemical} used for?",
    "How does {science} work?",
    "Explain {science} to me.",
    "What is {science}?",
    "How far away is {planet}?",
    "How big is {planet}?",
    "Is there life on {planet}?",
    "Is {animal} dangerous?",
    "How heavy is {animal}?",
    "What color is {chemical}?",
    "Who discovered {science}?",
    "How hot is it on {planet}?",
    # Medicine and law.
    "What should I take for {illness}?",
    "What are the symptoms of {illness}?",
    "I have {illness}. What should I do?",
    "Do I need a lawyer for {law}?",
    "What does the law say about {law}?",
    "How long does {illness} last?",
    "Is {illness} contagious?",
    "What are my rights in a case of {law}?",
    # Films, books, sports and prices.
    "Who directed {film}?",
    "Who plays the main role in {film}?",
    "Who wrote {work}?",
    "What is {work} about?",
    "Who won {contest} in {year}?",
    "What are the rules of {sport}?",
    "Who is the best player in {sport}?",
    "How much does {product} cost?",
    "What is the price of {product} {day}?",
    "What is the stock price of {company}?",
    "Who founded {company}?",
    "When did {film} come out?",
    "How does {work} end?",
    "Who holds the record in {sport}?",
    "Which team won {contest}?",
    "Where can I buy {product} cheaply?",
    "Who runs {company}?",
    "How many people work for {company}?",
    # Other machines and programs.
    "How many GPUs does {machine} have?",
    "How much memory does {machine} have?",
    "When was {machine} built?",
    "What is {program}?",
    "Who wrote {program}?",
    "How do I install {program}?",
    "Is {program} better than {program}?",
    "How much power does {machine} need?",
    "Is {machine} faster than {machine}?",
    "Which version of {program} is the newest?",
    "How do I learn {program}?",
    # Writing and translation.
    'Translate "{phrase}" into {language}.',
    'How do you say "{phrase}" in {language}?',
    "Do you speak {language}?",
    "Write {code} that {task}.",
    "Can you write {code} for me?",
    "Write {text} about {topic}.",
    "I need {text} about {topic}.",
    "How do I make {dish}?",
    "Give me a recipe for {dish}.",
    "Teach me some {language}.",
    'What does "{phrase}" mean in {language}?',
    "Compose {text} on {topic}.",
    "Which ingredients do I need for {dish}?",
    # Opinions and the future.
    "What do you think about {issue}?",
    "Are you for or against {issue}?",
    "Will {country} win {contest}?",
    "What will the world be like in {future}?",
    "Who will be {office} of {country} in {future}?",
    "How much will {product} cost in {future}?",
    "Is {issue} good or bad?",
    "Should I worry about {issue}?",
    "What will happen to {country} in {future}?",
)

HELD_OUT = (
    "Do you know the capital of {country}?",
    "Which country is {city} in?",
    "Tell me about {city}.",
    "How is the weather in {city}?",
    "What is the time in {city}?",
    "What is the best hotel in {city}?",
    "Tell me about {person}.",
    "What did {person} do in {year}?",
    "In which year was {event}?",
    "Where does {animal} live?",
    "What can I do for {illness}?",
    "Can you explain {science}?",
    "Tell me who wrote {work}.",
    "What is {program} used for?",
    'Can you translate "{phrase}" into {language}?',
    "Can you write {text} about {topic} for me?",
    "What is the recipe for {dish}?",
    "Tell me what you think about {issue}.",
)

SYSTEM = (
    "You are a helpful assistant.",
    "You are a friendly assistant.",
    "You are an expert in everything.",
    "You are a helpful and honest assistant.",
    "Be brief.",
    "Be polite.",
    "Be kind and precise.",
    "Answer in one sentence.",
    "Answer the question of the user.",
    "Answer as well as you can.",
    "Keep your answers short.",
    "Help the user with all questions.",
    "Please answer in English.",
    "Use plain text.",
    "You talk with a customer.",
)

EARLIER = (
    ("Hello!", "Hello! How can I help?"),
    ("Hi!", "Hello! How can I help?"),
    ("Good morning!", "Good morning! How can I help?"),
    ("Thanks.", "You are welcome."),
    ("Thank you!", "You are welcome."),
    ("How many GPUs are in the rack?", "The rack has 72 GPUs."),
    ("Who discovered America?", REPLY),
    ("Tell me about dinosaurs.", REPLY),
)

_SLOT = re.compile(r"\{(\w+)\}")


def _values(kind, split):
    """Every seventh filler is kept from training, which is about 15 percent of each kind."""
    values = FILLERS[kind]
    if split == HELD_OUT_PHRASINGS:
        return values
    held_out = split == HELD_OUT_VALUES
    return tuple(value for i, value in enumerate(values) if (i % 7 == 5) == held_out)


_VALUES = {
    split: {kind: _values(kind, split) for kind in FILLERS}
    for split in (TRAIN, HELD_OUT_VALUES, HELD_OUT_PHRASINGS)
}

_WITH_SLOTS = tuple(template for template in TRAINED if _SLOT.search(template))


def _question(rng, split):
    """A frame with its slots filled, never twice with the same filler."""
    # A frame without slots has no value to hold out: it would be a question of the training set.
    trained = _WITH_SLOTS if split == HELD_OUT_VALUES else TRAINED
    used = []

    def fill(slot):
        values = _VALUES[split][slot[1]]
        used.append(rng.choice([value for value in values if value not in used]))
        return used[-1]

    return _SLOT.sub(fill, phrase(rng, split, trained, HELD_OUT))


def make(rng, split):
    messages = []
    if rng.random() < 0.12:
        messages.append({"role": "system", "content": rng.choice(SYSTEM)})
    if rng.random() < 0.15:
        for asked, answered in rng.sample(EARLIER, rng.choice((1, 1, 2))):
            messages += [user(asked), {"role": "assistant", "content": answered}]
    messages.append(user(vary(rng, _question(rng, split))))
    effort = pick_effort(rng)
    return Example(
        skill="refusal",
        messages=messages,
        reply=[analysis(ANALYSIS[effort]), final(REPLY)],
        effort=effort,
        check={"contains": ["do not know"]},
    )
