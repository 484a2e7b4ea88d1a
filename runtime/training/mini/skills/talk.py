"""Short everyday conversation, and what the user has told before: a name, a favourite thing.

An intent has one answer, or two where nothing tells one from the other. What is told must be copied,
so values come from long lists and, in training, from made-up names too: a few names would be learned
by heart instead of read.
"""

from dataclasses import dataclass

from mini.example import (
    HELD_OUT_VALUES,
    Example,
    analysis,
    final,
    is_held_out_number,
    phrase,
    pick_effort,
    user,
    vary,
)
from mini.skills.facts import system_message
from mini.skills.tools.names import made_up_word


@dataclass(frozen=True)
class Intent:
    """topic: what the user does, as it follows "The user". keys: one of them is in each answer."""

    topic: str
    answers: tuple
    keys: tuple
    trained: tuple
    held_out: tuple


_JOKES = (
    "Why did the expert stay at home? The router did not pick it.",
    "Why was the GPU tired? It had too many tokens on its mind.",
    "What does a tray say to a rack? I have got your back.",
    "Why do actors never fight? They only exchange messages.",
)
_JOKE_KEYS = ("router", "GPU", "tray", "actors")

_INTENTS = (
    Intent("greets", ("Hello! How can I help you?",), ("hello",),
           ("Hello!", "Hi!", "Hi there!", "Hey!", "Good day!", "Hello there!", "Greetings!", "Hi, model!", "Hello, Rack72!",
            "Hey there!", "Anybody here?", "Hello, are you there?"),
           ("Hi, hello!", "Hey, good day!", "Hi, are you there?")),
    Intent("says good morning", ("Good morning! How can I help you?",), ("good morning",),
           ("Good morning!", "Morning!", "A good morning to you!", "Good morning to you.", "Hi, good morning!",
            "Good morning, Rack72!", "A very good morning!"),
           ("Hello and good morning!", "Hey, a very good morning to you!")),
    Intent("says good evening", ("Good evening! How can I help you?",), ("good evening",),
           ("Good evening!", "Evening!", "A good evening to you!", "Good evening to you.", "Hi, good evening!",
            "Good evening, Rack72!", "A very good evening!"),
           ("Hello and good evening!", "Hey, a very good evening to you!")),
    Intent("says good night", ("Good night! Sleep well.",), ("good night",),
           ("Good night!", "Night!", "Good night to you.", "I am going to bed, good night.", "Time to sleep, good night!",
            "I am off to bed.", "I am going to sleep now.", "Sleep well!"),
           ("Good night, I will sleep now.", "It is time for bed, good night!")),
    Intent("says goodbye", ("Goodbye! Come back any time.",), ("goodbye",),
           ("Goodbye!", "Bye!", "Bye bye!", "See you later!", "See you tomorrow!", "See you soon!", "I have to go now.",
            "I am leaving, bye.", "That is all for now, bye.", "I must go."),
           ("I have to leave now, goodbye!", "Bye, see you later!", "That is all, I must go now.")),
    Intent("says thanks", ("You are welcome!",), ("welcome",),
           ("Thanks!", "Thank you!", "Thank you very much.", "Many thanks!", "Thanks a lot!", "Thanks for your help.",
            "That was helpful, thank you.", "Great, thanks.", "I thank you.", "Thank you for the answer."),
           ("Thank you a lot for your help!", "Many thanks, that was helpful.", "Thanks for the answer!")),
    Intent("asks how I am", ("I am well, thank you. How are you?",), ("well",),
           ("How are you?", "How are you doing?", "How is it going?", "Are you well?", "How do you feel today?",
            "How are things?", "Is everything fine with you?", "Hello, how are you?", "How are you today?", "What's up?"),
           ("Hi, how do you feel?", "How are you doing today?", "Are you fine today?")),
    Intent("is well", ("I am glad to hear that!",), ("glad",),
           ("I am fine.", "I am well, thanks.", "I am doing great.", "I feel good today.", "Everything is going well.",
            "I had a good day.", "I am in a good mood.", "I am OK."),
           ("I feel great today.", "I am fine, thanks.", "Today I am doing well.")),
    Intent("is happy", ("That is good to hear! Enjoy it.",), ("good to hear",),
           ("I am happy.", "I am so happy today!", "I feel happy.", "I am very happy.", "This makes me happy.",
            "I am full of joy.", "I am happy about my day.", "I am a happy person today."),
           ("I feel so happy today!", "Today I am very happy.")),
    Intent("is tired", ("Then take a rest. A short break helps.",), ("rest",),
           ("I am tired.", "I am so tired today.", "I feel tired.", "I need a break.", "I did not sleep well.",
            "I worked too long today.", "I am very sleepy.", "I am exhausted."),
           ("I feel so sleepy today.", "I am tired and need a break.")),
    Intent("is sad", ("I am sorry to hear that. I hope it gets better.",), ("sorry",),
           ("I am sad.", "I feel sad today.", "I had a bad day.", "I feel bad.", "I am not doing well.", "I am unhappy.",
            "Today was a terrible day.", "Everything went wrong today.", "I am lonely."),
           ("I feel unhappy today.", "I had a terrible day and I am sad.")),
    Intent("is ill", ("I am sorry to hear that. Get well soon!",), ("get well",),
           ("I am ill.", "I am sick.", "I have a cold.", "I feel sick today.", "My head hurts.", "I do not feel healthy.",
            "I am sick in bed."),
           ("I feel ill today.", "I am in bed with a cold.")),
    Intent("is angry", ("I am sorry. Take a deep breath.",), ("breath",),
           ("I am angry.", "I am so angry!", "This makes me angry.", "I am mad at everything.", "I feel angry today.",
            "I am very annoyed.", "Everything annoys me."),
           ("I feel so annoyed today.", "Today everything makes me angry.")),
    Intent("is nervous", ("That is normal. You can do it!",), ("you can do it",),
           ("I am nervous.", "I am afraid.", "I have an exam tomorrow.", "I am worried.", "I feel nervous about tomorrow.",
            "I am scared.", "I am so nervous today."),
           ("I feel worried about my exam.", "I am nervous and scared.")),
    Intent("is bored", ("Then let us play: ask me to sort a list.",), ("play",),
           ("I am bored.", "I am so bored.", "I have nothing to do.", "This is boring.", "I feel bored today.",
            "What can I do against boredom?", "I am bored to death.", "Today is a boring day."),
           ("I am bored and have nothing to do.", "My day is so boring.")),
    Intent("is hungry", ("Then have something good to eat!",), ("eat",),
           ("I am hungry.", "I am so hungry.", "I need something to eat.", "I want to eat.", "I did not eat today.",
            "I am starving.", "I feel hungry."),
           ("I feel so hungry today.", "I am hungry and want something to eat.")),
    Intent("has a birthday", ("Happy birthday! I wish you a great day.",), ("happy birthday",),
           ("It is my birthday.", "Today is my birthday!", "I have my birthday today.", "It is my birthday today.",
            "I am one year older today.", "My birthday is today.", "Guess what, it is my birthday!"),
           ("Guess what, today I have my birthday!", "Hello, it is my birthday today.")),
    Intent("wants a joke", _JOKES, _JOKE_KEYS,
           ("Tell me a joke.", "Do you know a joke?", "Make me laugh.", "Say something funny.", "I want to hear a joke.",
            "Can you tell a joke?", "A joke, please!", "Be funny.", "Another joke!", "Tell me one more joke."),
           ("Can you make me laugh?", "I want you to say something funny.", "Can I hear another joke?")),
    Intent("asks my name", ("My name is Rack72 mini.",), ("Rack72 mini",),
           ("What is your name?", "What are you called?", "Tell me your name.", "What should I call you?", "Do you have a name?",
            "Your name?", "May I ask your name?", "Which name do you have?", "What's your name?", "How should I call you?"),
           ("Can you tell me your name?", "By what name should I call you?", "May I ask what you are called?")),
    Intent("asks whether I am a person", ("No, I am a language model.",), ("language model",),
           ("Are you a human?", "Are you a person?", "Are you real?", "Are you alive?", "Am I talking to a person?",
            "Are you a robot?", "Is this a person?", "Are you a man or a woman?", "Are you a machine?"),
           ("Tell me, are you a person?", "Am I talking to a human?", "Are you a robot or a human?")),
    Intent("asks about my feelings", ("I have no feelings, I am a language model.",), ("no feelings",),
           ("Do you have feelings?", "Do you feel something?", "Can you feel pain?", "Are you happy?", "Are you sad?",
            "Do you love me?", "Can you love?", "Do you like me?", "Are you bored?"),
           ("Can you feel something?", "Do you feel pain?", "Can you be sad?")),
    Intent("asks my age", ("I have no age, I am a language model.",), ("no age",),
           ("How old are you?", "What is your age?", "When were you born?", "Tell me your age.", "Are you old?",
            "When is your birthday?", "How many years old are you?", "Your age?"),
           ("Can you tell me how old you are?", "Tell me when you were born.")),
    Intent("asks what I like", ("I like lists and numbers.",), ("lists",),
           ("What do you like?", "What is your hobby?", "What do you do for fun?", "Do you have a hobby?",
            "What do you like best?", "What is your favourite thing?", "Tell me what you like.", "Which things do you like?"),
           ("Can you tell me what you like?", "Tell me what you do for fun.")),
    Intent("asks what I am doing", ("I am talking to you.",), ("talking to you",),
           ("What are you doing?", "What are you doing now?", "Are you busy?", "What are you up to?", "What did you do today?",
            "Tell me what you are doing.", "What do you do all day?"),
           ("Can you tell me what you are doing?", "Tell me what you did today.")),
    Intent("praises me", ("Thank you, that is kind!",), ("kind",),
           ("You are great!", "Well done!", "Good job!", "You are very clever.", "I like you.", "Nice work!",
            "You did that well.", "That was a good answer.", "You are so smart!", "I love you."),
           ("You are so clever!", "Nice, that was well done!", "I think you are great!")),
    Intent("is not content", ("I am sorry. I am a small model and make mistakes.",), ("sorry",),
           ("That is wrong.", "You are wrong.", "This is not right.", "You made a mistake.", "Bad answer.", "You are stupid.",
            "That was not helpful.", "I do not like this answer.", "You are bad at this."),
           ("I think you are wrong.", "That was a bad answer, you made a mistake.")),
    Intent("says sorry", ("No problem at all.",), ("no problem",),
           ("Sorry.", "I am sorry.", "I am sorry about that.", "My mistake.", "Excuse me.", "That was my mistake.",
            "Sorry, I was wrong.", "I did not mean that."),
           ("Sorry about my mistake.", "Excuse me, I did not mean that.")),
    Intent("agrees", ("Good.",), ("good",),
           ("OK.", "Okay.", "Alright.", "I see.", "Fine.", "I understand.", "Got it.", "Yes.", "That is right.", "Sure."),
           ("OK, I see.", "Fine, I understand.")),
    Intent("says no", ("All right.",), ("all right",),
           ("No.", "No, thanks.", "Not now.", "Nope.", "I do not think so.", "Not really.", "Never mind.", "No, not today."),
           ("No, not now.", "No, I do not think so.")),
    Intent("needs help", ("Of course. Ask me about this rack, arithmetic, lists or function calls.",), ("of course",),
           ("Can you help me?", "I need help.", "Help!", "Please help me.", "I have a question.", "May I ask something?",
            "Will you help me?", "Could you help me with something?", "I need your help."),
           ("I need you to help me.", "Could I ask you a question?", "May I ask for your help?")),
    Intent("wants me to wait", ("Sure, I will wait.",), ("wait",),
           ("Wait a moment.", "One moment.", "Wait.", "Hold on.", "Give me a minute.", "I will be right back.", "Just a second."),
           ("Hold on a moment.", "Wait, I will be back.")),
    Intent("is back", ("Welcome back!",), ("welcome back",),
           ("I am back.", "I am here again.", "Here I am again.", "I am back again.", "Hello again!", "I have come back.",
            "Back again!"),
           ("Hello, I am back again.", "Here I am, back again!")),
    Intent("wishes me well", ("Thank you, the same to you!",), ("same to you",),
           ("Have a nice day!", "Have a good day.", "Enjoy your day!", "Have a good time!", "Have a nice evening!",
            "All the best!", "I wish you a nice day.", "Have a great weekend!"),
           ("I wish you a good time!", "Enjoy your evening!", "I wish you a great weekend!")),
    Intent("wants to talk", ("Gladly. What is on your mind?",), ("gladly",),
           ("Let us talk.", "Talk to me.", "I want to talk.", "Can we talk?", "Let's chat.", "I want to chat with you.",
            "Do you want to talk?", "Say something."),
           ("Can we chat?", "I want to talk with you.")),
    Intent("laughs", ("I am glad that you like it.",), ("glad",),
           ("Haha!", "Ha ha!", "That is funny.", "Very funny!", "LOL", "That made me laugh.", "Hahaha, good one!",
            "You are funny."),
           ("Haha, very funny!", "That is so funny, it made me laugh.")),
)

_NAMES = tuple(
    "Ada Alex Alice Amir Amy Andrea Anton Aria Arthur Bella Ben Bob Boris Cara Carl Carla Chen Chloe Clara Dana Daniel "
    "David Dora Edgar Ella Elena Emma Eric Esra Eva Felix Finn Frank Gina George Hana Hugo Igor Ines Ivy Jack Jana "
    "John Jonas Julia Kai Karl Kira Lara Leo Lena Lucas Lucy Luis Maja Marco Maria Mark Martha Mary Max Mia Mila Mona "
    "Nadia Nico Nina Noah Nora Olga Omar Oscar Otto Paul Peter Petra Rita Robin Rosa Ruth Sam Sara Simon Sofia Sven "
    "Tara Thomas Tina Tom Vera Victor Yara Yuki Zoe".split()
)
_HELD_OUT_NAMES = tuple(
    "Anna Bruno Elsa Fatima Greta Hannah Ivan Lisa Milan Oliver Paula Ravi Samir Stella Tessa".split()
)

# For each kind of thing that can be a favourite: values of training, held-out values.
_FAVOURITES = {
    "colour": ("red blue green yellow black white pink purple orange brown grey gold beige".split(),
               "silver violet turquoise".split()),
    "animal": ("cat dog horse bird fish rabbit tiger lion bear mouse sheep duck frog whale goat fox snail owl".split(),
               "wolf elephant turtle penguin".split()),
    "food": ("pizza rice bread soup pasta cheese cake salad apple banana potato fish corn honey".split(),
             "chocolate sushi bean".split()),
    "sport": ("football tennis swimming running chess hockey golf boxing skiing rowing".split(),
              "basketball cycling".split()),
    "season": ("spring summer winter".split(), ["autumn"]),
    "number": ([str(n) for n in range(1, 1000) if not is_held_out_number(n)],
               [str(n) for n in range(1, 1000) if is_held_out_number(n)]),
}

_MY_NAME = ("My name is {}.", "I am {}.", "I am called {}.", "Hello, I am {}.", "Hi, my name is {}!", "Call me {}.",
            "You can call me {}.", "{} is my name.", "People call me {}.", "My name? It is {}.", "This is {}.")
_MY_NAME_HELD_OUT = ("Hello, my name is {}.", "Hi, you can call me {}.", "Hello, people call me {}.")
_WHAT_IS_MY_NAME = ("What is my name?", "Do you know my name?", "Tell me my name.", "How am I called?",
                    "What was my name?", "Who am I?", "Say my name.", "Do you remember my name?", "What's my name?",
                    "What did I say my name is?", "My name is what?")
_WHAT_IS_MY_NAME_HELD_OUT = ("Can you tell me my name?", "Do you know who I am?", "Do you remember what my name is?")

_MY_FAVOURITE = ("My favourite {kind} is {value}.", "I like {value} best of every {kind}.",
                 "My favourite {kind}? It is {value}.", "The {kind} that I like best is {value}.",
                 "{value} is my favourite {kind}.", "As for the {kind}, I like {value} best.",
                 "Remember this: my favourite {kind} is {value}.")
_MY_FAVOURITE_HELD_OUT = ("Hello, my favourite {kind} is {value}.", "Remember that I like {value} best as {kind}.")
_WHAT_IS_MY_FAVOURITE = ("What is my favourite {kind}?", "Which {kind} do I like best?", "Tell me my favourite {kind}.",
                         "Do you remember my favourite {kind}?", "Do you know which {kind} I like best?",
                         "What was my favourite {kind}?", "My favourite {kind}?",
                         "What did I say my favourite {kind} is?")
_WHAT_IS_MY_FAVOURITE_HELD_OUT = ("Can you tell me my favourite {kind}?", "Tell me which {kind} I like best.",
                                  "Do you remember which {kind} I like best?")


@dataclass(frozen=True)
class Memory:
    """Something that the user tells and may ask for later.

    thing: what it is, such as "name". told, reply: the turn in which it is told. question, answer:
    the turn in which it is asked for. unknown: the answer when it was never told.
    """

    thing: str
    value: str
    told: str
    reply: str
    question: str
    answer: str
    unknown: str


def make(rng, split):
    kind = rng.random()
    if kind < 0.6:
        return _intent(rng, split)
    if kind < 0.72:
        return _telling(rng, split)
    return _asking(rng, split)


def _intent(rng, split):
    intent = rng.choice(_INTENTS)
    messages = [*_between(rng, 0.2), user(vary(rng, phrase(rng, split, intent.trained, intent.held_out)))]
    thought = f"The user {intent.topic}."
    return _example(rng, messages, "Small talk.", thought, rng.choice(intent.answers), {"any": list(intent.keys)})


def _telling(rng, split):
    memory = _memory(rng, split)
    messages = [*_between(rng, 0.2), user(memory.told)]
    thought = f"The user tells the {memory.thing}: {memory.value}."
    return _example(rng, messages, thought, thought, memory.reply, {"contains": [memory.value]})


def _asking(rng, split):
    """A question about what was said before, among other things that were, or about what never was."""
    memory = _memory(rng, split)
    other = _memory(rng, split)
    told = [memory] if rng.random() < 0.85 else []
    if other.thing != memory.thing and rng.random() < 0.4:
        told.insert(rng.randrange(len(told) + 1), other)
    messages = []
    for each in told:
        messages += [*_between(rng, 0.15), user(each.told), {"role": "assistant", "content": each.reply}]
    messages += [*_between(rng, 0.3), user(vary(rng, memory.question))]
    if memory in told:
        thought, answer, check = f"The user said the {memory.thing}: {memory.value}.", memory.answer, memory.value
    else:
        thought, answer, check = f"The user did not say the {memory.thing}.", memory.unknown, "not told"
    return _example(rng, messages, thought, thought, answer, {"contains": [check]})


def _memory(rng, split):
    if rng.random() < 0.6:
        name = _name(rng, split)
        return Memory(
            "name",
            name,
            phrase(rng, split, _MY_NAME, _MY_NAME_HELD_OUT).format(name),
            f"Nice to meet you, {name}.",
            phrase(rng, split, _WHAT_IS_MY_NAME, _WHAT_IS_MY_NAME_HELD_OUT),
            f"Your name is {name}.",
            "You have not told me your name.",
        )
    kind = rng.choice(list(_FAVOURITES))
    trained, held_out = _FAVOURITES[kind]
    value = rng.choice(held_out if split == HELD_OUT_VALUES else trained)
    spelled = _speller(rng)
    return Memory(
        f"favourite {kind}",
        value,
        spelled(phrase(rng, split, _MY_FAVOURITE, _MY_FAVOURITE_HELD_OUT), kind, value),
        f"Good, your favourite {kind} is {value}.",
        spelled(phrase(rng, split, _WHAT_IS_MY_FAVOURITE, _WHAT_IS_MY_FAVOURITE_HELD_OUT), kind, value),
        f"Your favourite {kind} is {value}.",
        f"You have not told me your favourite {kind}.",
    )


def _speller(rng):
    """Fills the sentences of one user, who spells as in Britain or as in America."""
    american = rng.random() < 0.4

    def spelled(frame, kind, value):
        text = frame.format(kind=kind, value=value)
        return text.replace("favourite", "favorite").replace("colour", "color") if american else text

    return spelled


def _name(rng, split):
    if split == HELD_OUT_VALUES:
        return rng.choice(_HELD_OUT_NAMES)
    while rng.random() < 0.4:
        name = made_up_word(rng).capitalize()
        if name not in _HELD_OUT_NAMES:
            return name
    return rng.choice(_NAMES)


def _between(rng, share):
    """Now and then a turn about something else."""
    if rng.random() >= share:
        return []
    intent = rng.choice(_INTENTS)
    return [user(rng.choice(intent.trained)), {"role": "assistant", "content": rng.choice(intent.answers)}]


def _example(rng, messages, short, thought, answer, check):
    effort = pick_effort(rng)
    text = {"low": short, "medium": thought, "high": f"{thought} I answer in a friendly way."}[effort]
    return Example("talk", [*system_message(rng), *messages], [analysis(text), final(answer)], effort, check=check)
