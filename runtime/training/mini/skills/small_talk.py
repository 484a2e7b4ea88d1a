"""Short everyday conversation: a fixed answer for each intent, and names that are to be remembered."""

from mini.example import HELD_OUT_VALUES, Example, analysis, final, phrase, pick_effort, user, vary
from mini.skills.tools.names import made_up_word

_GREETING = "Hello! How can I help?"
_WELCOME = "You are welcome."

# For each intent: what it is called in the reasoning, the answer, words that make the answer right,
# phrasings of training, phrasings that are held out.
_INTENTS = (
    ("a greeting", _GREETING, ["hello"],
     ("Hello!", "Hi!", "Hi there!", "Hey!", "Good day!", "Hello there.", "Greetings!", "Hi, anybody here?",
      "Hello, are you there?", "Hey there, model!",
      "Hello, model!", "Hello, can you hear me?", "Hey you!", "Hi, is someone there?"),
     ("Hi, hello!", "Hello hello!", "Hey, good day!")),
    ("a greeting in the morning", "Good morning! How can I help?", ["good morning"],
     ("Good morning!", "Morning!", "A good morning to you!", "Good morning to you.", "Hi, good morning!",
      "Good morning, model.",
      "What a fine morning!", "Good morning, friend.", "I just got up, good morning!", "Good morning, are you awake?"),
     ("Hello and good morning!", "Hey, a good morning to you!")),
    ("a greeting in the evening", "Good evening! How can I help?", ["good evening"],
     ("Good evening!", "Evening!", "A good evening to you!", "Good evening to you.", "Hi, good evening!",
      "Good evening, model.",
      "What a fine evening!", "Good evening, friend.", "The sun is down, good evening!",
      "Good evening, are you there?"),
     ("Hello and good evening!", "Hey, a good evening to you!")),
    ("a good night", "Good night! Sleep well.", ["good night"],
     ("Good night!", "I am going to bed, good night.", "Night!", "Good night to you.", "Time to sleep, good night!",
      "I am off to bed.",
      "Sleep well!", "Good night, model.", "My bed is waiting for me.", "Good night and sweet dreams!"),
     ("Good night, I will sleep now.", "It is time for bed, good night!")),
    ("thanks", _WELCOME, ["welcome"],
     ("Thanks!", "Thank you!", "Thank you very much.", "Many thanks!", "Thanks a lot!", "Thanks for your help.",
      "That was helpful, thank you.", "Great, thanks.",
      "Thank you, that is what I needed.", "I am grateful.", "Thanks, you helped me.", "I thank you."),
     ("Thank you a lot for your help!", "Many thanks, that was great.")),
    ("a goodbye", "Goodbye! Come back any time.", ["goodbye"],
     ("Goodbye!", "Bye!", "Bye bye!", "See you later!", "I have to go now.", "See you tomorrow.", "I am leaving, bye.",
      "That is all for now, bye.",
      "So long!", "Farewell!", "Until next time!", "I am done here, see you."),
     ("I have to leave now, goodbye!", "Bye, see you later!")),
    ("how I am", "I am well, thank you. How are you?", ["well"],
     ("How are you?", "How are you doing?", "How is it going?", "Are you well?", "How do you feel today?",
      "How are things?", "Is everything fine with you?", "Hello, how are you?",
      "Are you OK?", "How is your day?", "Is all well with you?", "Do you feel fine?"),
     ("Hi, how are you feeling?", "How are you doing today?")),
    ("that the user is well", "I am glad to hear that.", ["glad"],
     ("I am fine.", "I am well, thanks.", "I am doing great.", "I feel good today.", "I am happy.",
      "Everything is going well.", "I had a good day.", "I am in a good mood.",
      "Things are good.", "Life is good.", "My day was wonderful.", "I could not be better."),
     ("I feel great today.", "I am doing well and I am happy.")),
    ("that the user is tired", "Then take a rest. A short break helps.", ["rest"],
     ("I am tired.", "I am so tired today.", "I feel tired.", "I need a break.", "I did not sleep well.",
      "I worked too long today.", "I am very sleepy.",
      "I can hardly keep my eyes open.", "I am exhausted.", "It was a long day and I want to rest.",
      "I have no energy left."),
     ("I feel so sleepy today.", "I am tired and need a break.")),
    ("that the user is sad", "I am sorry to hear that. I hope it gets better.", ["sorry"],
     ("I am sad.", "I feel sad today.", "I had a bad day.", "I feel bad.", "I am not doing well.",
      "Today was a terrible day.", "I am unhappy.", "Everything went wrong today.",
      "I want to cry.", "I am lonely.", "My heart is heavy.", "I lost my job."),
     ("I feel unhappy today.", "I had a terrible day and I am sad.")),
    ("that the user is bored", "Then let us play: ask me to sort or reverse a list.", ["sort"],
     ("I am bored.", "I am so bored.", "I have nothing to do.", "This is boring.", "What can I do against boredom?",
      "I feel bored today.",
      "Nothing happens here.", "I do not know what to do with my time.", "Entertain me.",
      "What could I do to pass the time?"),
     ("I am bored and have nothing to do.", "Today is so boring.")),
    ("a joke", "Why did the expert stay at home? The router did not pick it.", ["router"],
     ("Tell me a joke.", "Do you know a joke?", "Make me laugh.", "Say something funny.", "I want to hear a joke.",
      "Can you tell a joke?", "A joke, please!", "Be funny.",
      "Got a joke for me?", "Cheer me up with a joke.", "I need a joke now.", "Let me hear a good joke."),
     ("Can you make me laugh?", "I want you to tell me something funny.")),
    ("my name", "I am Rack72 mini.", ["rack72 mini"],
     ("What is your name?", "What are you called?", "Tell me your name.", "How should I call you?",
      "Do you have a name?", "Your name?", "May I ask your name?", "Which name do you have?",
      "Give me your name.", "By what name do you go?", "I do not know your name yet.", "What do people call you?"),
     ("Can you tell me your name?", "How are you called?")),
    ("whether I am a person", "No, I am a small language model.", ["no", "language model"],
     ("Are you a human?", "Are you a person?", "Are you real?", "Are you alive?", "Am I talking to a person?",
      "Are you a robot or a human?", "Is this a person?",
      "Do you have a body?", "Is somebody typing these answers?", "Are you made of flesh and blood?",
      "Is there a human behind this?"),
     ("Tell me, are you a human?", "Am I talking to a human?")),
    ("praise", "Thank you, that is kind.", ["thank you"],
     ("You are great!", "Well done!", "Good job!", "You are very clever.", "I like you.", "Nice work!",
      "You did that well.", "That was a good answer.",
      "I am impressed.", "Bravo!", "You are a good model.", "That was clever of you."),
     ("You are very good!", "Nice, well done!")),
    ("criticism", "I am sorry. I am a small model and make mistakes.", ["sorry"],
     ("That is wrong.", "You are wrong.", "This is not right.", "You made a mistake.", "Bad answer.",
      "That was not helpful.", "You are stupid.", "I do not like this answer.",
      "This makes no sense.", "You did not get it.", "That is false.", "I am not happy with this."),
     ("I think you are wrong.", "That was a bad answer, you made a mistake.")),
    ("an agreement", "Good.", ["good"],
     ("OK.", "Okay.", "Alright.", "I see.", "Fine.", "I understand.", "Got it.", "Yes.",
      "Sure.", "Agreed.", "That is clear.", "Sounds right."),
     ("OK, I see.", "Fine, I understand.")),
    ("that the user needs help", "Gladly. Ask me about this rack, a sum, a list or a function call.", ["gladly"],
     ("Can you help me?", "I need help.", "Help!", "Please help me.", "I have a question.", "May I ask something?",
      "Will you help me?", "Could you help me with something?",
      "I have a problem.", "Do you have a minute for me?", "I do not know how to go on.",
      "There is something I want to ask."),
     ("I need you to help me.", "Could I ask you a question?")),
    ("that I should wait", "Sure, I will wait.", ["wait"],
     ("Wait a moment.", "One moment.", "Wait.", "Hold on.", "Give me a minute.", "I will be right back.",
      "Just a second.", "Stay there.", "I need a minute.", "Not so fast."),
     ("Hold on a moment.", "Wait, I will be back.")),
    ("a wish", "Thank you, the same to you!", ["same to you"],
     ("Have a nice day!", "Have a good day.", "Enjoy your day!", "Have a good time!", "Have a nice evening!",
      "All the best!", "I wish you a nice day.",
      "Have fun!", "Good luck!", "Have a pleasant weekend!", "May your day be bright!"),
     ("I wish you a good time!", "Enjoy your evening!")),
)

_NAMES = tuple(
    "Ada Alex Alice Amir Amy Andrea Anton Aria Arthur Ben Bella Boris Carla Carl Cara Chen Chloe Clara Daniel Dana "
    "Dora Edgar Ella Elena Eric Esra Eva Felix Fatima Finn Frank Gina George Hana Hugo Igor Ines Ivy Jack Jana Jonas "
    "Julia Kai Karl Kira Lara Leo Lena Lucas Lucy Luis Maja Marco Maria Mark Martha Max Mia Mila Mona Nadia Nico Nina "
    "Noah Nora Olga Omar Oscar Otto Paul Petra Rita Robin Rosa Ruth Sam Sara Simon Sofia Sven Tara Thomas Tina Vera "
    "Victor Yara Yuki Zoe".split()
)
_HELD_OUT_NAMES = ("Oliver", "Hannah", "Milan", "Greta", "Samir", "Elsa", "Ravi", "Tessa", "Bruno", "Paula")
_COLOURS = tuple("red blue green yellow black white pink purple orange brown grey silver".split())
_ANIMALS = tuple("cat dog horse bird fish rabbit tiger lion bear mouse sheep duck frog whale".split())

_MY_NAME = ("My name is {}.", "I am {}.", "I am called {}.", "Hello, I am {}.", "Hi, my name is {}!", "Call me {}.",
            "You can call me {}.", "{} is my name.",
            "People call me {}.", "My parents named me {}.", "This is {} speaking.", "My friends call me {}.")
_MY_NAME_HELD_OUT = ("Hello, my name is {}.", "Hi, you can call me {}.", "Hey, I am called {}.")
_WHO_AM_I = ("What is my name?", "Do you know my name?", "Tell me my name.", "How am I called?", "What was my name?",
             "Who am I?", "Say my name.", "Do you remember my name?",
             "Which name did I tell you?", "What did I say my name was?", "By which name do you know me?",
             "What do people call me?")
_WHO_AM_I_HELD_OUT = ("Can you tell me my name?", "Do you know who I am?", "Do you remember who I am?")
_FAVOURITE = ("My favourite {kind} is {value}.", "I like {value} best of all {kind}s.", "My favourite {kind}? {value}.",
              "The {kind} that I like best is {value}.", "I love the {kind} {value}.",
              "No {kind} is as nice as {value}.", "If I may choose a {kind}, I take {value}.",
              "For me the best {kind} is {value}.", "Of all {kind}s I prefer {value}.")
_WHICH = ("What is my favourite {kind}?", "Which {kind} do I like best?", "Do you remember my favourite {kind}?",
          "Tell me my favourite {kind}.", "Do you know which {kind} I like best?",
          "Which {kind} did I say I prefer?", "What {kind} do I love?", "Name the {kind} that is my favourite.",
          "What is the {kind} of my choice?")
_WHICH_HELD_OUT = ("Can you tell me my favourite {kind}?", "Do you remember which {kind} I like best?")

_SYSTEM = ("You are a helpful assistant.", "Be friendly.", "Be brief.", "You are a friendly assistant.",
           "Answer in short sentences.", "Talk with the user.", "You are Rack72 mini.", "Be kind and honest.")


def make(rng, split):
    kind = rng.random()
    if kind < 0.62:
        return _intent(rng, split)
    if kind < 0.74:
        return _introduction(rng, split)
    return _memory(rng, split)


def _intent(rng, split):
    topic, answer, words, trained, held_out = rng.choice(_INTENTS)
    messages = _context(rng) + [user(vary(rng, phrase(rng, split, trained, held_out)))]
    return _example(rng, messages, f"The topic: {topic}.", answer, {"contains": words})


def _introduction(rng, split):
    name = _name(rng, split)
    said = phrase(rng, split, _MY_NAME, _MY_NAME_HELD_OUT).format(name)
    answer = f"Nice to meet you, {name}."
    return _example(rng, [user(said)], f"The user is called {name}.", answer, {"contains": [name]})


def _memory(rng, split):
    """Something said in an earlier turn, asked for later."""
    if rng.random() < 0.6:
        name = _name(rng, split)
        told, reply = rng.choice(_MY_NAME).format(name), f"Nice to meet you, {name}."
        question = phrase(rng, split, _WHO_AM_I, _WHO_AM_I_HELD_OUT)
        thought, answer, value = f"The user said: the name is {name}.", f"Your name is {name}.", name
    else:
        kind, values = rng.choice((("colour", _COLOURS), ("animal", _ANIMALS)))
        value = rng.choice(values)
        told, reply = rng.choice(_FAVOURITE).format(kind=kind, value=value), "That is a good choice."
        question = phrase(rng, split, _WHICH, _WHICH_HELD_OUT).format(kind=kind)
        thought = f"The user said: the favourite {kind} is {value}."
        answer = f"Your favourite {kind} is {value}."
    if rng.random() < 0.25:
        # The telling itself, so that its answer is learned too.
        check = {"contains": [value]} if value in reply else {"contains": ["good choice"]}
        thought = f"The user is called {value}." if value in reply else f"The user tells a favourite: {value}."
        return _example(rng, [user(told)], thought, reply, check)
    between = _context(rng) if rng.random() < 0.4 else []
    messages = [user(told), {"role": "assistant", "content": reply}, *between, user(vary(rng, question))]
    return _example(rng, messages, thought, answer, {"contains": [value]})


def _name(rng, split):
    if split == HELD_OUT_VALUES:
        return rng.choice(_HELD_OUT_NAMES)
    # So many that a name has to be copied and cannot be known.
    made_up = made_up_word(rng).capitalize()
    return made_up if rng.random() < 0.4 and made_up not in _HELD_OUT_NAMES else rng.choice(_NAMES)


def _context(rng):
    """Now and then a turn before."""
    if rng.random() < 0.75:
        return []
    _, answer, _, trained, _ = rng.choice(_INTENTS)
    return [user(rng.choice(trained)), {"role": "assistant", "content": answer}]


def _example(rng, messages, thought, answer, check):
    effort = pick_effort(rng)
    text = {
        "low": "Small talk.",
        "medium": thought,
        "high": f"{thought} I answer in a friendly way.",
    }[effort]
    # A name that must be repeated is named in the reasoning of any length.
    if effort == "low" and check["contains"][0] in thought:
        text = thought
    if rng.random() < 0.15:
        messages = [{"role": "system", "content": rng.choice(_SYSTEM)}, *messages]
    return Example("talk", messages, [analysis(text), final(answer)], effort, check=check)
