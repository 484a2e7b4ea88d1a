"""What the model knows by heart: a closed world of facts about the rack, gpt-oss, the program and itself.

Every fact has one answer, so that all capacity goes into recognising the question. Questions are
composed from frames and from the names that a thing goes by. All facts of a kind share the frames, so
that only the subject tells them apart.

Figures of the hardware are those of the profiles in `cluster-config`; those of gpt-oss are the
published ones.
"""

from dataclasses import dataclass

from mini.example import Example, analysis, final, phrase, pick_effort, user, vary

PARAMETERS = "about 40 million"
"""How large the trained model is, in words that fit before "parameters"."""

IDENTITY = "I am Rack72 mini, a small demonstration model of the gpt-oss architecture, trained for Rack72."

SYSTEM_MESSAGES = (
    "You are a helpful assistant.",
    "You are a friendly assistant.",
    "You are Rack72 mini.",
    "You are an assistant for the users of a rack.",
    "You are an expert on computers.",
    "You are a careful assistant.",
    "You help people with their questions.",
    "Be brief.",
    "Be kind.",
    "Be honest.",
    "Be polite and brief.",
    "Be as clear as you can.",
    "Answer in short sentences.",
    "Answer in one sentence.",
    "Answer the question of the user.",
    "Answer in English.",
    "Give short answers.",
    "Give true answers only.",
    "Do not make things up.",
    "Do not use lists in your answers.",
    "Say so when you do not know something.",
    "The user is a beginner. Use simple words.",
    "This is a test of the server.",
    "Keep a friendly tone and do not repeat yourself.",
)
"""Instructions of a client that leave the answer as it is."""


@dataclass(frozen=True)
class Frames:
    """Sentences with places for words: those of training, and those held out."""

    trained: tuple
    held_out: tuple


HOW_MANY = Frames(
    (
        "How many {n} does {o} have?",
        "How many {n} are there in {o}?",
        "How many {n} are in {o}?",
        "How many {n} in {o}?",
        "What is the number of {n} in {o}?",
        "Tell me how many {n} there are in {o}.",
        "Tell me the number of {n} in {o}.",
        "Do you know how many {n} are in {o}?",
        "Can you tell me how many {n} {o} has?",
        "I want to know how many {n} {o} has.",
        "The number of {n} in {o}?",
        "{N} in {o}: how many?",
        "{O} has how many {n}?",
    ),
    (
        "Do you know the number of {n} in {o}?",
        "Give me the number of {n} in {o}.",
        "Say how many {n} {o} has.",
        "Can you tell me the number of {n} that are in {o}?",
    ),
)

HOW_MANY_OF_YOURS = Frames(
    (
        "How many {n} do you have?",
        "What is the number of your {n}?",
        "Tell me how many {n} you have.",
        "Do you know how many {n} you have?",
        "The number of your {n}?",
        "You have how many {n}?",
        "Your {n}: how many?",
    ),
    ("Say how many {n} you have.", "Can you tell me the number of your {n}?"),
)

WHICH = Frames(
    (
        "What is {a}?",
        "What's {a}?",
        "Tell me {a}.",
        "Tell me what {a} is.",
        "Can you tell me {a}?",
        "Do you know {a}?",
        "I want to know {a}.",
        "Give me {a}.",
        "{A}?",
        "{A}: what is it?",
    ),
    ("Do you know what {a} is?", "Can you give me {a}?", "Say what {a} is."),
)

WHAT_IS = Frames(
    (
        "What is {s}?",
        "What's {s}?",
        "What does {s} mean?",
        "What is meant by {s}?",
        "Explain {s}.",
        "Explain what {s} is.",
        "Tell me what {s} is.",
        "Tell me about {s}.",
        "Can you explain {s}?",
        "Can you tell me what {s} is?",
        "What do you know about {s}?",
        "Do you know what {s} is?",
        "I want to know what {s} is.",
        "I do not understand what {s} is.",
        "{S}: what is that?",
        "{S}?",
    ),
    (
        "Could you explain to me what {s} is?",
        "Do you know something about {s}?",
        "I want you to explain {s}.",
        "Say what is meant by {s}.",
    ),
)

WHAT_DOES = Frames(
    (
        "What does {s} do?",
        "What is {s} for?",
        "What is the job of {s}?",
        "What is the use of {s}?",
        "What is {s} good for?",
        "Tell me what {s} does.",
        "Explain what {s} does.",
        "Why is there {s}?",
    ),
    ("Can you explain what {s} does?", "Tell me what {s} is for.", "I want to know what {s} does."),
)


@dataclass(frozen=True)
class Fact:
    """topic: what is asked, as it follows "The user asks". gist: the answer in a few words."""

    topic: str
    gist: str
    answer: str
    keys: tuple
    trained: tuple
    held_out: tuple


def capital(text):
    """With a capital letter; not `str.capitalize`, which makes the rest small. gpt-oss stays as it is."""
    return text if text.startswith(("gpt-oss", "rack72", "safetensors")) else text[0].upper() + text[1:]


def _filled(frames, **words):
    words |= {key.upper(): capital(value) for key, value in words.items()}
    return (
        tuple(frame.format(**words) for frame in frames.trained),
        tuple(frame.format(**words) for frame in frames.held_out),
    )


def _fact(topic, gist, answer, keys, filled, also, also_held_out):
    trained = tuple(text for frames in filled for text in frames[0])
    held_out = tuple(text for frames in filled for text in frames[1])
    return Fact(
        topic, gist, answer, keys or (gist,), _with_own(trained, also), _with_own(held_out, also_held_out)
    )


def _with_own(framed, own):
    """The fact's own phrasings so often that they are about a third of all, however many the frames make."""
    return framed + own * max(1, len(framed) // (2 * len(own) or 1))


def _count(nouns, owners, gist, answer, keys=(), yours=False, also=(), also_held_out=()):
    filled = [_filled(HOW_MANY, n=noun, o=owner) for noun in nouns for owner in owners]
    if yours:
        filled += [_filled(HOW_MANY_OF_YOURS, n=noun) for noun in nouns]
    return _fact(f"how many {nouns[0]} {owners[0]} has", gist, answer, keys, filled, also, also_held_out)


def _which(names, gist, answer, keys=(), also=(), also_held_out=()):
    filled = [_filled(WHICH, a=name) for name in names]
    return _fact(f"what {names[0]} is", gist, answer, keys, filled, also, also_held_out)


def _thing(names, gist, answer, keys, does=True, also=(), also_held_out=()):
    filled = [_filled(frames, s=name) for name in names for frames in ((WHAT_IS, WHAT_DOES) if does else (WHAT_IS,))]
    return _fact(f"what {names[0]} is", gist, answer, keys, filled, also, also_held_out)


def _asked(topic, gist, answer, keys, trained, held_out):
    return Fact(topic, gist, answer, keys, trained, held_out)


_RACK = ("the rack", "this rack", "the whole rack", "a rack", "the NVL72", "a GB200 NVL72")
_TRAY = ("a tray", "each tray", "one tray", "every tray")
_HGX = ("the hgx-b200 profile", "an HGX B200", "the HGX B200 board")
_20B = ("gpt-oss-20b", "the gpt-oss-20b model", "the 20b model")
_120B = ("gpt-oss-120b", "the gpt-oss-120b model", "the 120b model")
_MINI = ("this model", "rack72-mini", "your model", "the demonstration model")

_HARDWARE = (
    _count(("GPUs", "GPU actors", "graphics processors"), _RACK, "72", "The rack has 72 GPUs.",
           also=("How many GPUs do you run on?", "How big is the rack?", "How large is this rack?"),
           also_held_out=("How many GPUs are there?", "How many GPUs make up the rack?")),
    _count(("trays", "compute trays"), _RACK, "18", "The rack has 18 trays.",
           also=("How many trays are there?", "Into how many trays is the rack divided?"),
           also_held_out=("The GPUs of the rack are on how many trays?",)),
    _count(("GPUs", "GPU actors"), _TRAY, "4", "Each tray has 4 GPUs.",
           also=("How many GPUs per tray?", "GPUs per tray?", "How many GPUs are on a tray?",
                 "How many GPUs are on each tray?", "What is the number of GPUs per tray?"),
           also_held_out=("Tell me how many GPUs there are per tray.", "How many GPUs sit on one tray?")),
    _count(("CPUs", "Grace CPUs", "processors"), _RACK, "36", "The rack has 36 Grace CPUs.",
           also=("How many CPUs are there?",), also_held_out=("How many Grace CPUs are there?",)),
    _count(("CPUs", "Grace CPUs", "processors"), _TRAY, "2", "Each tray has 2 Grace CPUs.",
           also=("How many CPUs per tray?", "CPUs per tray?", "How many CPUs are on a tray?"),
           also_held_out=("How many Grace CPUs are there per tray?",)),
    _count(("GPUs",), _HGX, "8", "The HGX B200 has 8 GPUs."),
    _which(("the NVLink bandwidth of a GPU", "the bandwidth of NVLink", "the NVLink bandwidth per GPU",
            "the bandwidth of an NVLink port", "the speed of NVLink", "the rate of NVLink"),
           "1.8 TB/s", "NVLink gives each GPU 1.8 TB/s in both directions together, 900 GB/s each way.",
           ("1.8 TB/s", "900 GB/s"),
           also=("How fast is NVLink?", "How much bandwidth does NVLink have?", "How much bandwidth does a GPU have?",
                 "How many bytes per second can NVLink move?"),
           also_held_out=("How fast is the NVLink of a GPU?", "How much NVLink bandwidth does each GPU have?")),
    _which(("the NVLink bandwidth of the rack", "the bandwidth of the whole rack", "the total NVLink bandwidth",
            "the bandwidth of all GPUs together"),
           "130 TB/s", "All 72 GPUs together have 130 TB/s of NVLink bandwidth.", ("130 TB/s",),
           also=("How much bandwidth does the whole rack have?", "How much bandwidth do all GPUs have together?"),
           also_held_out=("How much NVLink bandwidth does the rack have in total?",)),
    _which(("the latency of NVLink", "the NVLink latency", "the delay of NVLink", "the latency of a link"),
           "1 microsecond", "The latency of NVLink is set to 1 microsecond here, which is an assumption.",
           also=("How long does NVLink take?", "How large is the latency of NVLink?"),
           also_held_out=("How long is the delay of NVLink?",)),
    _which(("the HBM of a GPU", "the HBM per GPU", "the memory of a GPU", "the size of the HBM", "the memory per GPU"),
           "186 GB", "Each GPU has 186 GB of HBM.",
           also=("How much HBM does a GPU have?", "How much memory does a GPU have?", "How much memory is in each GPU?",
                 "How big is the HBM?", "How much HBM is there per GPU?", "How many GB does one GPU have?"),
           also_held_out=("How much memory is there per GPU?", "How large is the memory of a GPU?")),
    _which(("the HBM of the rack", "the memory of the whole rack", "the total HBM", "the HBM of all GPUs together"),
           "13392 GB", "All 72 GPUs together have 13392 GB of HBM.",
           also=("How much HBM does the rack have?", "How much memory does the whole rack have?",
                 "How much memory do all GPUs have together?"),
           also_held_out=("How much HBM does the rack have in total?",)),
    _which(("the HBM of a tray", "the memory of a tray", "the HBM per tray", "the memory of one tray"),
           "744 GB", "The 4 GPUs of a tray have 744 GB of HBM.",
           also=("How much HBM does a tray have?", "How much memory does each tray have?",
                 "How much memory is on a tray?"),
           also_held_out=("How much HBM is there per tray?",)),
    _which(("the HBM of an HGX B200", "the memory of a GPU in the HGX B200", "the HBM per GPU of the HGX B200"),
           "180 GB", "Each GPU of an HGX B200 has 180 GB of HBM.",
           also=("How much HBM does a GPU of the HGX B200 have?", "How much memory has a GPU in the HGX B200?"),
           also_held_out=("How much HBM has each GPU in the HGX B200?",)),
    _which(("the kind of GPU in the rack", "the type of the GPUs", "the generation of the GPUs"),
           "Blackwell", "The GPUs are NVIDIA Blackwell GPUs.",
           also=("What GPUs are in the rack?", "Which GPUs does the rack have?", "What kind of GPU is it?",
                 "Who makes the GPUs?"),
           also_held_out=("Which kind of GPU is in the rack?", "What GPUs does this rack have?")),
    _which(("the kind of CPU in the rack", "the type of the CPUs", "the name of the CPU"),
           "Grace", "The CPUs are NVIDIA Grace CPUs.",
           also=("What CPUs are in the rack?", "Which CPUs does the rack have?", "What kind of CPU is it?"),
           also_held_out=("Which kind of CPU is in the rack?", "What CPUs does this rack have?")),
    _which(("the name of the rack", "the model of the rack", "the kind of rack", "the type of this rack"),
           "GB200 NVL72", "The rack is modeled on an NVIDIA GB200 NVL72.",
           also=("Which rack is this?", "What rack do you run on?", "What kind of rack is it?"),
           also_held_out=("Which kind of rack is this?",)),
    _asked("why there are 72", "18 x 4", "18 trays with 4 GPUs each make 72 GPUs.", ("72",),
           ("Why 72?", "Why is it called Rack72?", "Why are there 72 GPUs?", "Where does the 72 come from?",
            "What does the 72 stand for?", "Why the number 72?", "What does 72 mean in Rack72?", "Explain the 72."),
           ("Why is the number 72?", "What is the 72 in Rack72?")),
    _thing(("a GPU", "a graphics processor"), "a processor for many numbers at once",
           "A GPU is a processor that computes many numbers at once. Here each one is an actor.", ("processor",)),
    _thing(("HBM", "the HBM", "high bandwidth memory"), "the memory of a GPU",
           "HBM is the fast memory of a GPU. It holds weights and KV blocks.", ("memory",)),
    _thing(("NVLink", "the NVLink", "an NVLink"), "the link between GPUs",
           "NVLink is the link over which GPUs send tensors to each other.", ("link",)),
    _thing(("an NVLink port", "the NVLink port", "a port of a GPU"), "where tensors enter and leave a GPU",
           "An NVLink port is where tensors enter and leave a GPU.", ("enter", "leave")),
    _thing(("a rack", "the rack"), "18 trays joined by NVLink",
           "A rack is 18 trays of 4 GPUs that are joined by NVLink.", ("18", "trays")),
    _thing(("a tray", "a compute tray", "the tray"), "4 GPUs and 2 CPUs",
           "A tray is a part of the rack with 4 GPUs and 2 CPUs.", ("4 GPUs",)),
    _thing(("the fabric", "a fabric", "the NVLink fabric"), "all NVLink ports",
           "The fabric is all NVLink ports together. It moves tensors between GPUs.", ("ports",)),
)

_MODELS = (
    _count(("experts", "experts per layer"), (*_20B, "a layer of gpt-oss-20b", "each layer of gpt-oss-20b"),
           "32", "gpt-oss-20b has 32 experts in each layer."),
    _count(("experts", "experts per layer"), (*_120B, "a layer of gpt-oss-120b", "each layer of gpt-oss-120b"),
           "128", "gpt-oss-120b has 128 experts in each layer."),
    _count(("experts", "experts per layer"), (*_MINI, "each of your layers"), "128",
           "This model has 128 experts in each layer.", yours=True,
           also=("How many experts are there in you?",), also_held_out=("How many experts are in you?",)),
    _which(("the number of experts per token", "the number of active experts", "the number of experts of a token"),
           "4", "4 experts work on each token.",
           also=("How many experts does a token use?", "How many experts work on a token?",
                 "How many experts per token?", "How many experts does the router pick?",
                 "How many experts are active?",
                 "Each token goes to how many experts?", "How many experts compute each token?"),
           also_held_out=("How many experts work on each token?",
                          "How many experts does the router pick for a token?")),
    _count(("layers", "transformer layers"), _20B, "24", "gpt-oss-20b has 24 layers."),
    _count(("layers", "transformer layers"), _120B, "36", "gpt-oss-120b has 36 layers."),
    _count(("layers", "transformer layers"), _MINI, "6", "This model has 6 layers.", yours=True),
    _count(("parameters", "weights"), _20B, "21 billion", "gpt-oss-20b has about 21 billion parameters.",
           also=("How big is gpt-oss-20b?", "How large is gpt-oss-20b?"),
           also_held_out=("How big is the gpt-oss-20b model?",)),
    _count(("parameters", "weights"), _120B, "117 billion", "gpt-oss-120b has about 117 billion parameters.",
           also=("How big is gpt-oss-120b?", "How large is gpt-oss-120b?"),
           also_held_out=("How big is the gpt-oss-120b model?",)),
    _count(("parameters", "weights"), _MINI, PARAMETERS, f"This model has {PARAMETERS} parameters.", yours=True,
           also=("How big are you?", "How large are you?", "What is your size?", "How big is this model?"),
           also_held_out=("Tell me how big you are.", "How large is this model?")),
    _count(("active parameters", "parameters per token"), _20B, "3.6 billion",
           "gpt-oss-20b uses about 3.6 billion parameters for each token."),
    _count(("active parameters", "parameters per token"), _120B, "5.1 billion",
           "gpt-oss-120b uses about 5.1 billion parameters for each token."),
    _count(("attention heads", "query heads"), ("gpt-oss", "a layer of gpt-oss", *_20B, *_120B), "64",
           "Both gpt-oss models have 64 query heads in each layer."),
    _count(("key and value heads", "KV heads"), ("gpt-oss", "a layer of gpt-oss", *_20B, *_120B), "8",
           "Both gpt-oss models have 8 key and value heads in each layer."),
    _which(("the width of gpt-oss", "the hidden size of gpt-oss", "the hidden size of gpt-oss-20b",
            "the hidden size of gpt-oss-120b"),
           "2880", "The hidden size of both gpt-oss models is 2880."),
    _which(("your hidden size", "your width", "the hidden size of this model", "the width of rack72-mini"),
           "256", "The hidden size of this model is 256."),
    _which(("the size of the vocabulary of gpt-oss", "the vocabulary of gpt-oss", "the vocabulary size of gpt-oss",
            "the number of tokens in the vocabulary of gpt-oss"),
           "201088", "The vocabulary of gpt-oss has 201088 tokens."),
    _which(("your vocabulary", "the size of your vocabulary", "your vocabulary size", "the vocabulary of this model"),
           "2048", "The vocabulary of this model has 2048 tokens.",
           also=("How many tokens do you know?", "How many words do you know?"),
           also_held_out=("How large is your vocabulary?",)),
    _which(("the context length of gpt-oss", "the context of gpt-oss", "the longest context of gpt-oss"),
           "131072", "The context of gpt-oss is 131072 tokens.",
           also=("How long is the context of gpt-oss?", "How many tokens fit into the context of gpt-oss?"),
           also_held_out=("How large is the context of gpt-oss?",)),
    _which(("the size of the sliding window", "the length of the sliding window", "the window size"),
           "128", "The sliding window is 128 tokens.",
           also=("How long is the sliding window?", "How many tokens are in the sliding window?",
                 "How big is the window?"),
           also_held_out=("How large is the sliding window?", "How many tokens does the sliding window have?")),
    _which(("the memory that gpt-oss-20b needs", "the size of gpt-oss-20b in bytes", "the file size of gpt-oss-20b"),
           "13 GB", "The weights of gpt-oss-20b take about 13 GB.",
           also=("How much memory does gpt-oss-20b need?", "How many GB is gpt-oss-20b?"),
           also_held_out=("How many GB does gpt-oss-20b need?",)),
    _which(("the memory that gpt-oss-120b needs", "the size of gpt-oss-120b in bytes", "the file size of gpt-oss-120b"),
           "61 GB", "The weights of gpt-oss-120b take about 61 GB.",
           also=("How much memory does gpt-oss-120b need?", "How many GB is gpt-oss-120b?"),
           also_held_out=("How many GB does gpt-oss-120b need?",)),
    _asked("who made gpt-oss", "OpenAI", "OpenAI made the gpt-oss models.", ("OpenAI",),
           ("Who made gpt-oss?", "Who made the gpt-oss models?", "Who built gpt-oss?", "Which company made gpt-oss?",
            "Where does gpt-oss come from?", "Whose model is gpt-oss?", "Who is behind gpt-oss?",
            "Tell me who made gpt-oss.", "Who trained gpt-oss?", "Who published gpt-oss?"),
           ("Do you know who made gpt-oss?", "Which company is behind gpt-oss?", "Who built the gpt-oss models?")),
    _thing(("gpt-oss", "a gpt-oss model"), "open models by OpenAI",
           "gpt-oss is a family of open models by OpenAI: gpt-oss-20b and gpt-oss-120b.", ("OpenAI",), does=False,
           also=("Which gpt-oss models are there?", "What gpt-oss models exist?"),
           also_held_out=("Which models does gpt-oss have?",)),
    _thing(("an expert", "the expert"), "a small network for some tokens",
           "An expert is a small feed-forward network. Each token is computed by 4 of them.", ("network",)),
    _thing(("a mixture of experts", "MoE", "mixture of experts"), "many experts, few for each token",
           "In a mixture of experts each layer has many experts, and every token uses only a few.", ("experts", "few"),
           does=False),
    _thing(("the router", "a router", "the router of a layer"), "it picks 4 experts for each token",
           "The router picks 4 experts for each token and weighs their results.", ("4 experts",),
           also=("Who picks the experts?", "Who decides which expert computes a token?"),
           also_held_out=("Who picks the experts of a token?",)),
    _thing(("MXFP4", "the MXFP4 format"), "4-bit numbers with shared scales",
           "MXFP4 is a format of 4-bit numbers. Blocks of 32 share one scale.", ("4-bit", "32"),
           also=("In which format are the experts stored?", "How are the weights of the experts stored?"),
           also_held_out=("In which format are the weights of the experts?",)),
    _count(("bits", "bits per number"), ("MXFP4", "an MXFP4 number", "a number in MXFP4"), "4",
           "A number in MXFP4 has 4 bits, and 32 numbers share a scale.", ("4 bits",)),
    _thing(("a KV cache", "the KV cache", "KV memory"), "keys and values of earlier tokens",
           "The KV cache holds the keys and values of earlier tokens, so they are not computed again.",
           ("keys", "values")),
    _thing(("a KV block", "the KV block"), "keys and values of 16 tokens",
           "A KV block holds the keys and values of 16 tokens.", ("16 tokens",),
           also=("How many tokens are in a KV block?", "How large is a KV block?"),
           also_held_out=("How many tokens does a KV block have?",)),
    _thing(("a sink", "an attention sink", "the sink"), "a learned number for no token",
           "A sink is a learned number that lets a head give its attention to no token.", ("no token",)),
    _thing(("a sliding window", "sliding window attention", "the sliding window"), "the last 128 tokens only",
           "With a sliding window a layer looks at the last 128 tokens only. Every other layer has one.", ("128",)),
    _thing(("attention", "an attention layer"), "each token looks at earlier ones",
           "Attention lets each token look at the tokens before it.", ("before",)),
    _thing(("a layer", "a transformer layer"), "attention and experts",
           "A layer is attention followed by a router and its experts.", ("attention",)),
    _thing(("a token", "the token"), "a piece of text",
           "A token is a piece of text, such as a word, a part of a word or a digit.", ("piece",)),
    _thing(("a tokenizer", "the tokenizer"), "text to tokens and back",
           "A tokenizer turns text into tokens and tokens into text.", ("text", "tokens")),
    _thing(("a logit", "the logits", "logits"), "scores of the next token",
           "A logit is the score that a model gives to a possible next token.", ("score",)),
    _thing(("a hidden state", "the hidden state"), "the numbers of a token inside the model",
           "A hidden state is the row of numbers that stands for a token inside the model.", ("numbers",)),
    _thing(("an embedding", "the embedding"), "numbers for a token",
           "An embedding is the row of numbers that a token starts with.", ("numbers",)),
    _thing(("a checkpoint", "the checkpoint"), "the weights of a model on disk",
           "A checkpoint is the weights and the configuration of a model on disk.", ("weights",)),
    _thing(("a context", "the context of a model", "the context length"), "the tokens that a model can see",
           "The context is all the tokens that a model can see at a time.", ("tokens",), does=False),
    _thing(("temperature", "the temperature of sampling", "the temperature setting"), "how free the sampling is",
           "The temperature says how freely tokens are sampled. With 0 the best token is always taken.",
           ("sampled",)),
    _thing(("sampling", "token sampling"), "to choose the next token",
           "Sampling chooses the next token from the probabilities that the model gives.", ("next token",)),
    _thing(("a seed", "the seed"), "a number that repeats a reply",
           "A seed is a number that fixes the sampling: the same seed gives the same reply.", ("same seed",)),
    _thing(("YaRN", "rotary embedding", "RoPE"), "it tells positions",
           "It is a rotary embedding: it turns queries and keys by their positions.", ("positions",)),
)

_SERVING = (
    _thing(("dispatch", "a dispatch"), "hidden states go to the experts",
           "Dispatch sends the hidden state of each token to the GPUs that own its experts.", ("sends",)),
    _thing(("combine", "a combine"), "results come back from the experts",
           "Combine brings the results of the experts back and adds them up.", ("results",)),
    _asked("what dispatch and combine are", "to the experts and back",
           "Dispatch sends hidden states to the experts, combine brings their results back.", ("dispatch", "combine"),
           ("What is dispatch and combine?", "What are dispatch and combine?", "Explain dispatch and combine.",
            "What do dispatch and combine do?", "What is dispatch/combine?", "Tell me about dispatch and combine.",
            "What do dispatch and combine mean?", "Can you explain dispatch and combine?"),
           ("Do you know what dispatch and combine are?", "I want you to explain dispatch and combine.")),
    _thing(("prefill", "the prefill"), "the prompt is computed",
           "Prefill computes all tokens of the prompt, in chunks, before the first new token.", ("prompt",)),
    _thing(("decode", "decoding", "the decode phase"), "new tokens, one by one",
           "Decode computes the new tokens of a reply, one after the other.", ("new tokens",)),
    _asked("how prefill and decode differ", "prompt and reply",
           "Prefill computes the prompt, many tokens at once. Decode computes the reply, one token at a time.",
           ("prompt", "reply"),
           ("What is the difference between prefill and decode?", "How do prefill and decode differ?",
            "What are prefill and decode?", "Explain prefill and decode.", "What is prefill and decode?",
            "Prefill and decode: what is the difference?", "What is prefill/decode?",
            "Tell me the difference between prefill and decode."),
           ("Can you explain the difference between prefill and decode?",
            "Do you know how prefill and decode differ?")),
    _thing(("a step", "a step of a GPU"), "one pass over the batch",
           "A step is one pass of the model over the batch of running sequences.", ("one pass",)),
    _thing(("a batch", "the batch"), "sequences computed together",
           "A batch is the sequences that are computed together in one step.", ("together",)),
    _thing(("a sequence", "the sequence"), "a prompt and its reply",
           "A sequence is a prompt and the reply that grows behind it, token by token.", ("prompt", "reply")),
    _thing(("the scheduler", "a scheduler"), "it picks the tokens of a step",
           "The scheduler picks which tokens the next step computes.", ("next step",)),
    _thing(("preemption", "preempting a sequence"), "a sequence gives its blocks back",
           "In preemption the youngest sequence gives its KV blocks back and is computed again later.", ("youngest",)),
    _thing(("placement", "the placement of experts", "expert placement"), "which GPU owns which experts",
           "Placement says which GPU owns which experts.", ("owns",)),
    _thing(("expert parallelism", "expert-parallel", "the expert-parallel setting"), "experts spread over GPUs",
           "Expert parallelism spreads the experts over many GPUs.", ("experts", "GPUs")),
    _thing(("data parallelism", "data-parallel", "the data-parallel setting"), "GPUs that take sequences",
           "Data parallelism means that several GPUs take sequences of their own.", ("sequences",)),
    _thing(("the gateway", "a gateway"), "HTTP in, tokens out",
           "The gateway takes HTTP requests and streams the tokens back to the clients.", ("HTTP",)),
    _thing(("backpressure", "the backpressure"), "a sender waits",
           "Backpressure makes a sender wait when the receiver is slow.", ("wait",)),
    _thing(("an actor", "the actor", "the actor model"), "it has a state and handles messages",
           "An actor has a state of its own and handles one message after the other.", ("message",)),
    _thing(("TTFT", "time to first token"), "time to first token",
           "TTFT is the time to first token: how long a client waits for the reply to begin.",
           ("time to first token",), does=False,
           also=("What does TTFT stand for?",), also_held_out=("TTFT stands for what?",)),
    _thing(("ITL", "inter-token latency"), "time between tokens",
           "ITL is the inter-token latency: the time between two tokens of a reply.", ("between",), does=False,
           also=("What does ITL stand for?",), also_held_out=("ITL stands for what?",)),
    _thing(("TPOT", "time per output token"), "time per output token",
           "TPOT is the time per output token, after the first one.", ("per output token",), does=False,
           also=("What does TPOT stand for?",), also_held_out=("TPOT stands for what?",)),
    _thing(("goodput", "the goodput"), "requests served in time",
           "Goodput counts only the requests that are served within their time limits.", ("limits",), does=False),
    _thing(("throughput", "the throughput"), "tokens per second",
           "Throughput is how many tokens are computed per second.", ("per second",), does=False),
    _thing(("streaming", "a streamed reply"), "tokens are sent at once",
           "Streaming sends each token to the client as soon as it is there.", ("as soon as",)),
    _thing(("harmony", "the harmony format", "harmony format"), "the format of conversations",
           "Harmony is the format in which gpt-oss reads and writes conversations, with roles and channels.",
           ("conversations",)),
    _thing(("a channel", "the channels of harmony", "a harmony channel"), "analysis, commentary or final",
           "A message of the model is on the channel analysis, commentary or final.", ("analysis", "final"),
           also=("Which channels does harmony have?", "Which channels are there?"),
           also_held_out=("Which channels are there in harmony?",)),
    _thing(("the analysis channel", "analysis channel", "the channel analysis"), "reasoning",
           "The analysis channel holds the reasoning of the model.", ("reasoning",)),
    _thing(("the final channel", "final channel", "the channel final"), "the answer",
           "The final channel holds the answer for the user.", ("answer",)),
    _thing(("the commentary channel", "commentary channel", "the channel commentary"), "function calls",
           "The commentary channel holds function calls.", ("function calls",)),
    _thing(("reasoning effort", "the reasoning effort", "reasoning_effort"), "low, medium or high",
           "The reasoning effort is low, medium or high: how much the model thinks before it answers.",
           ("low", "medium", "high"),
           also=("Which reasoning efforts are there?", "Which levels of reasoning are there?"),
           also_held_out=("Which levels of reasoning effort are there?",)),
    _thing(("a function call", "a tool call", "tool calling"), "the model asks for a function",
           "In a function call the model names a function and its arguments, and the client runs it.", ("arguments",)),
)

_PROGRAM = (
    _which(("the port", "the default port", "the port of the server", "the port of the gateway", "your port"),
           "8000", "The server listens on port 8000.",
           also=("Which port do you listen on?", "On which port does the server listen?", "Which port is used?",
                 "What port does Rack72 use?", "Which port does the gateway listen on?"),
           also_held_out=("What port do you listen on?", "On which port is the server?")),
    _which(("the address of the server", "the host of the gateway", "the address that the server listens on"),
           "127.0.0.1", "The server listens on 127.0.0.1, which only this machine can reach.",
           also=("Which address do you listen on?", "On which address does the server listen?"),
           also_held_out=("What address does the server listen on?",)),
    _which(("the base URL", "the URL for clients", "the URL of the API", "the base URL for an OpenAI client"),
           "127.0.0.1:8000/v1", "The base URL is http://127.0.0.1:8000/v1.",
           also=("Which URL do clients use?", "Which base URL do I need?"),
           also_held_out=("Which URL do I give to a client?",)),
    _asked("how to start the server", "./rack72 serve", "Start it with ./rack72 serve.", ("rack72 serve",),
           ("How do I start the server?", "How do I start it?", "How can I start Rack72?", "How do I run it?",
            "Which command starts the server?", "How do I run Rack72?", "How is the server started?",
            "What is the command to start the rack?", "Tell me how to start the server.", "How to start the rack?",
            "How do you start this program?", "I want to start the server."),
           ("Tell me how to run Rack72.", "What command starts the rack?", "How can I run the server?")),
    _asked("how to stop the server", "Ctrl-C", "Stop it with Ctrl-C in its terminal.", ("Ctrl-C",),
           ("How do I stop the server?", "How do I stop it?", "How can I stop Rack72?", "How do I end the program?",
            "How is the server stopped?", "Tell me how to stop the server.", "How to stop the rack?",
            "I want to stop the server."),
           ("Tell me how to stop Rack72.", "How can I stop the rack?")),
    _asked("how to test it", "mvn verify", "Run all tests with mvn verify.", ("mvn verify",),
           ("How do I test it?", "How do I run the tests?", "How can I test Rack72?", "Which command runs the tests?",
            "How are the tests run?", "How to run the tests?", "Tell me how to test it.", "How to test the project?",
            "What is the command to run the tests?", "I want to run the tests.", "How is this program tested?"),
           ("Tell me how to run the tests.", "What command runs the tests?", "How can I test the project?")),
    _asked("how to format the sources", "mvn -N -Pformat verify", "Format the sources with mvn -N -Pformat verify.",
           ("Pformat verify",),
           ("How do I format the sources?", "How do I format the code?", "Which command formats the sources?",
            "How is the code formatted?", "How to format the code?", "Tell me how to format the sources.",
            "What is the command to format the code?", "I want to format the sources."),
           ("Tell me how to format the code.", "What command formats the sources?")),
    _which(("the programming language of Rack72", "the language of the program", "the Java version"),
           "Java 25", "Rack72 is written in Java 25.",
           also=("In which language are you written?", "Which language is Rack72 written in?",
                 "What is Rack72 written in?", "Which Java does it need?", "Which JDK do I need?",
                 "Which programming language is used?", "Which version of Java is used?"),
           also_held_out=("Which programming language is Rack72 written in?", "Which version of Java do I need?")),
    _which(("the actor library", "the library for actors", "the actor framework"),
           "Apache Pekko", "The actors run on Apache Pekko.",
           also=("Which actor library is used?", "Which library do the actors use?", "What do the actors run on?",
                 "Which actor framework does Rack72 use?"),
           also_held_out=("Which actor library does Rack72 use?", "Which library are the actors built on?")),
    _thing(("Pekko", "Apache Pekko"), "a library for actors",
    "Apache Pekko is the library for actors that Rack72 uses.",
           ("actors",)),
    _which(("the license", "the license of Rack72", "the licence", "the license of the code", "your license"),
           "Apache-2.0", "The license is Apache-2.0.",
           also=("Under which license is Rack72?", "Which license does it have?", "How is it licensed?",
                 "Is this open source?"),
           also_held_out=("Which license does Rack72 have?", "Under which license is the code?")),
    _which(("the build tool", "the tool that builds the program", "the Maven version"),
           "Maven", "Rack72 is built with Maven 3.8 or later.",
           also=("How is Rack72 built?", "What do I need to build it?", "Which build tool is used?",
                 "Which Maven do I need?", "How do I build it?"),
           also_held_out=("Which build tool does Rack72 use?", "What do I need to build Rack72?")),
    _which(("the API of the server", "your API", "the API of Rack72"),
           "OpenAI", "The server speaks the HTTP API that OpenAI clients use.", ("OpenAI",),
           also=("Which API do you have?", "Which API does the server speak?", "Which clients work with the server?",
                 "Can I use an OpenAI client?"),
           also_held_out=("Which API does Rack72 speak?", "Does an OpenAI client work with the server?")),
    _asked("how to load a model", "--model", "Name a checkpoint with --model, such as ./rack72 serve --model DIR.",
           ("model",),
           ("How do I load a model?", "How do I use another model?", "How can I load a checkpoint?",
            "How do I serve gpt-oss-20b?", "Which option names the model?", "How do I choose the model?",
            "How do I give it a checkpoint?", "How to run gpt-oss-120b?", "Can I load a bigger model?",
            "Tell me how to load a checkpoint."),
           ("How can I serve another model?", "Tell me how to choose the model.", "How can I run gpt-oss-20b?")),
    _asked("how to change a setting", "--set", "Give a setting with --set key=value, or many with --config FILE.",
           ("set", "config"),
           ("How do I change a setting?", "How do I change the settings?", "How can I set an option?",
            "How do I configure Rack72?", "Which option changes a setting?", "How is Rack72 configured?",
            "How to change a setting?", "Tell me how to change a setting."),
           ("How can I change the settings?", "Tell me how to configure Rack72.")),
    _asked("where the settings are", "rack72-reference.conf",
           "All settings and their defaults are in rack72-reference.conf.", ("rack72-reference.conf",),
           ("Where are the settings?", "Where do I find the settings?", "Which settings are there?",
            "Where are the settings described?", "Which file has all settings?", "Where are the defaults?",
            "Where is the configuration?", "What settings do you have?"),
           ("Where do I find the defaults?", "Which file describes the settings?")),
    _asked("how to use another rack", "--rack",
    "Name another rack with --rack, such as --rack hgx-b200.", ("hgx-b200",),
           ("How do I use another rack?", "How can I choose the rack?", "Which racks are there?",
            "Which option names the rack?", "How do I change the rack?", "Can I use a smaller rack?",
            "Which rack profiles are there?", "Tell me how to use another rack."),
           ("How can I change the rack?", "Tell me how to choose another rack.")),
    _asked("how to protect the server", "RACK72_API_KEY", "Set a key in the environment as RACK72_API_KEY.",
           ("RACK72_API_KEY",),
           ("How do I set an API key?", "How do I protect the server?", "Where do I set the key?",
            "Is there an API key?", "Do clients need a key?", "How can I set a key?", "Which variable has the API key?",
            "Tell me how to set an API key."),
           ("Where do I set the API key?", "Tell me how to protect the server.")),
    _asked("how to see the state of the rack", "GET /rack", "GET /rack shows the state of every GPU.", ("GET", "rack"),
           ("How do I see the state of the rack?", "How can I watch the rack?", "Where do I see the state of the GPUs?",
            "Which endpoint shows the rack?", "How do I look at the GPUs?", "What does /rack show?",
            "Where is the status of the rack?", "Tell me how to watch the rack.", "What is /rack?"),
           ("How can I see the state of the GPUs?", "Which endpoint shows the state of the rack?")),
    _asked("how to see if the server is well", "/health", "GET /health says whether the server can compute.",
           ("health",),
           ("How do I see if the server works?", "Which endpoint checks the health?", "What does /health show?",
            "How can I check the server?", "Is there a health check?", "How do I check the health of the server?",
            "What is /health?", "Tell me how to check the server."),
           ("How can I check the health of the server?", "What does /health do?")),
    _asked("which endpoints there are", "chat and completions",
           "The main endpoints are /v1/chat/completions, /v1/completions, /v1/models, /health and /rack.",
           ("chat", "completions"),
           ("Which endpoints are there?", "What endpoints do you have?", "Which endpoints does the server have?",
            "List the endpoints.", "Which paths does the API have?", "Tell me the endpoints.",
            "What are the endpoints?", "Which requests does the server take?"),
           ("Tell me which endpoints there are.", "Which endpoints does the API have?")),
    _asked("which commands there are", "serve, chat, generate, model",
           "The commands include serve, generate, chat and model. Each one has --help.", ("serve", "generate", "chat"),
           ("Which commands are there?", "What commands does rack72 have?", "List the commands.",
            "Which commands can I use?", "Tell me the commands.", "What are the commands of rack72?",
            "What can the program do?", "How do I get help on a command?"),
           ("Tell me which commands there are.", "What commands can I use?")),
    _asked("how to chat in a terminal", "./rack72 chat", "Chat in a terminal with ./rack72 chat.", ("rack72 chat",),
           ("How do I chat with you?", "How can I talk to the model?", "Which command starts a chat?",
            "How do I talk to a server?", "How to chat in the terminal?", "How do I start a chat?",
            "Can I chat in a terminal?", "Tell me how to start a chat."),
           ("How can I start a chat?", "Tell me how to chat in the terminal.")),
    _asked("how to run one prompt", "./rack72 generate", "Run one prompt with ./rack72 generate --prompt TEXT.",
           ("rack72 generate",),
           ("How do I run one prompt?", "How can I run a prompt without a server?", "Which command runs one prompt?",
            "How do I generate text?", "How do I get tokens without a server?", "How to run a single prompt?",
            "Can I run a prompt without a server?", "Tell me how to run one prompt."),
           ("How can I run a single prompt?", "Tell me how to generate text without a server.")),
    _asked("how to check a checkpoint", "./rack72 model inspect", "Check a checkpoint with ./rack72 model inspect DIR.",
           ("model inspect",),
           ("How do I check a checkpoint?", "How do I inspect a model?", "Which command inspects a checkpoint?",
            "How can I look into a checkpoint?", "How to check a model?", "How do I see what is in a checkpoint?",
            "How is a checkpoint checked?", "Tell me how to inspect a checkpoint."),
           ("How can I inspect a checkpoint?", "Tell me how to check a checkpoint.")),
    _asked("how to make a random model", "./rack72 model make",
           "Make a checkpoint with random weights with ./rack72 model make.", ("model make",),
           ("How do I make a random model?", "How do I make a checkpoint?", "Which command makes a checkpoint?",
            "How can I make a model with random weights?", "How to make a random checkpoint?",
            "How do I get a model with random weights?", "How do I make a model for a benchmark?",
            "Tell me how to make a random model."),
           ("How can I make a random checkpoint?", "Tell me how to make a checkpoint with random weights.")),
    _asked("which Java kernels are used", "the Vector API", "The kernels are written in Java with the Vector API.",
           ("Vector API",),
           ("How are the kernels written?", "What are the kernels written in?", "Which API do the kernels use?",
            "How do the kernels compute?", "In which language are the kernels?", "Tell me about the kernels.",
            "What makes the kernels fast?", "What do the kernels use?"),
           ("How are your kernels written?", "Which API is used by the kernels?")),
    _asked("which precision is used", "float32", "Activations are computed in float32.", ("float32",),
           ("Which precision do you use?", "What precision is used?", "In which precision do you compute?",
            "What is the precision of the activations?", "Which numbers do you compute with?",
            "Which numeric mode is used?", "How exact is the arithmetic?", "Tell me the precision."),
           ("Which precision is used for activations?", "Tell me in which precision you compute.")),
    _asked("whether the same request gives the same tokens", "yes",
           "Yes, the same request with the same seed gives the same tokens, whatever the rack does.", ("yes", "same"),
           ("Does the same request give the same tokens?", "Are replies repeatable?", "Can I repeat a reply?",
            "Is the output the same each time?", "Are the tokens deterministic?", "Do I get the same reply again?",
            "Is the rack deterministic?", "Does the same seed give the same reply?"),
           ("Do I get the same tokens again?", "Does the same request give the same reply each time?")),
    _thing(("Rack72", "the Rack72 project", "this program", "this project"), "gpt-oss on a rack of actors",
           "Rack72 serves gpt-oss models on a rack of 72 GPU actors.", ("gpt-oss", "72")),
)

_SELF = (
    _asked("what I am", "a small demonstration model", IDENTITY, ("small", "demonstration"),
           ("What are you?", "Who are you?", "What model are you?", "Which model are you?", "Which model is this?",
            "Tell me about yourself.", "What kind of model are you?", "Tell me who you are.", "Introduce yourself.",
            "Tell me what you are.", "What is rack72-mini?", "What is Rack72 mini?", "Explain what you are.",
            "Which model am I talking to?", "Who am I talking to?", "Describe yourself.", "What model is running here?",
            "What do you know about yourself?"),
           ("Can you tell me who you are?", "Say who you are.", "What kind of model is this?",
            "Can you tell me about yourself?")),
    _asked("whether I am ChatGPT", "no", "No, I am not ChatGPT. " + IDENTITY, ("no", "not ChatGPT"),
           ("Are you ChatGPT?", "Is this ChatGPT?", "You are ChatGPT, right?", "Am I talking to ChatGPT?",
            "Are you the same as ChatGPT?", "Are you a version of ChatGPT?", "So you are ChatGPT?",
            "Is ChatGPT your name?", "Tell me, are you ChatGPT?"),
           ("Am I speaking with ChatGPT?", "This is ChatGPT, right?", "Is this model ChatGPT?")),
    _asked("whether I am a big model", "no", f"No, I am a very small model with {PARAMETERS} parameters.",
           ("no", "small"),
           ("Are you a big model?", "Are you a large model?", "Are you a large language model?", "Is this a big model?",
            "Are you gpt-oss-20b?", "Are you gpt-oss-120b?", "Is this gpt-oss-120b?", "Is this gpt-oss-20b?",
            "Are you as big as gpt-oss-20b?", "Are you a powerful model?", "Are you very big?",
            "Am I talking to gpt-oss-120b?"),
           ("Are you a very large model?", "Is this a large language model?", "Am I talking to gpt-oss-20b?")),
    _asked("whether I am good for real work", "no", "No, for real work give a real checkpoint with --model.",
           ("no", "checkpoint"),
           ("Can I use you for real work?", "Can you be used for real work?", "Are you good for real work?",
            "Can I use you in production?", "Are you made for real work?", "Should I use you at work?",
            "Can I use this model for my company?", "Is this model good for production?", "Are you a useful model?",
            "What do I do for real work?", "Which model do I need for real work?"),
           ("Can I use this model for real work?", "Are you made for production?",
            "Is this model made for real work?")),
    _asked("what I can do", "rack, arithmetic, lists, calls",
           "I answer questions about this rack, do simple arithmetic, work on lists and call functions.",
           ("arithmetic", "lists"),
           ("What can you do?", "What are you able to do?", "What can I ask you?", "What do you know?",
            "What are your skills?", "What are you good at?", "Which questions can you answer?",
            "What can you help with?", "Tell me what you can do.", "How can you help me?", "What can I do with you?",
            "What are you made for?"),
           ("Tell me what I can ask you.", "Can you tell me what you can do?", "What can you help me with?")),
    _asked("who made me", "the Rack72 project", "I was trained by the Rack72 project, on text that a program made.",
           ("Rack72",),
           ("Who made you?", "Who trained you?", "Who built you?", "Where do you come from?", "Who created you?",
            "Who is your maker?", "Which company made you?", "Tell me who made you.", "How were you made?",
            "How were you trained?", "What were you trained on?", "On which data were you trained?"),
           ("Do you know who made you?", "Tell me who trained you.", "Tell me how you were made.")),
    _asked("whether OpenAI made me", "no", "No, OpenAI made gpt-oss. I only share its architecture.",
           ("no", "architecture"),
           ("Did OpenAI make you?", "Are you made by OpenAI?", "Are you from OpenAI?", "Did OpenAI train you?",
            "Are you a model by OpenAI?", "Were you made by OpenAI?", "Are you an OpenAI model?",
            "Were you trained by OpenAI?", "Is OpenAI your maker?"),
           ("Did OpenAI build you?", "Are you a model from OpenAI?")),
    _asked("what my architecture is", "gpt-oss", "My architecture is that of gpt-oss, only much smaller.", ("gpt-oss",),
           ("What is your architecture?", "Which architecture do you have?", "What architecture are you?",
            "How are you built inside?", "Tell me your architecture.", "What is the architecture of this model?",
            "Which architecture does rack72-mini have?", "What architecture does this model have?"),
           ("Tell me which architecture you have.", "Do you know your architecture?")),
    _asked("where I run", "on this machine", "I run on the CPU of this machine, as 72 GPU actors in one JVM.",
           ("CPU",),
           ("Where do you run?", "Where are you?", "What do you run on?", "On which machine do you run?",
            "Do you run on real GPUs?", "Are there real GPUs?", "Where are you running?", "Which hardware do you use?",
            "Are the GPUs real?", "Do I need a GPU?"),
           ("Tell me where you run.", "Are these real GPUs?", "Where does this model run?")),
    _asked("whether I am always right", "no", "No, I am a small model and make mistakes.", ("no", "mistakes"),
           ("Are you always right?", "Do you make mistakes?", "Can I trust you?", "Are your answers always right?",
            "Are your answers correct?", "Can you be wrong?", "Do you make errors?", "Should I trust your answers?"),
           ("Can I trust your answers?", "Do you sometimes make mistakes?")),
    _asked("whether I use the internet", "no", "No, I have no access to the internet.", ("no", "internet"),
           ("Do you use the internet?", "Can you search the web?", "Are you online?",
            "Can you look something up online?", "Do you have access to the internet?", "Can you browse the web?",
            "Do you need the internet?", "Can you open a web page?"),
           ("Are you on the internet?", "Can you use the web?")),
    _asked("whether I remember", "this conversation only", "I only know what is in this conversation.",
           ("conversation",),
           ("Do you have a memory?", "Do you remember other conversations?", "Do you remember what I said yesterday?",
            "Do you store what I say?", "Do you learn from me?", "Will you remember this tomorrow?",
            "Do you keep my data?", "Do you remember our last talk?"),
           ("Do you remember what we said last time?", "Will you remember this conversation?")),
)

FACTS = (*_HARDWARE, *_MODELS, *_SERVING, *_PROGRAM, *_SELF)


def make(rng, split):
    fact = rng.choice(FACTS)
    effort = pick_effort(rng)
    question = vary(rng, phrase(rng, split, fact.trained, fact.held_out))
    messages = [*system_message(rng), *_earlier(rng, fact), user(question)]
    thought = {
        "low": f"{capital(fact.topic)}.",
        "medium": f"The user asks {fact.topic}: {fact.gist}.",
        "high": f"The user asks {fact.topic}. What I know: {fact.gist}. I say it in one or two sentences.",
    }[effort]
    reply = [analysis(thought), final(fact.answer)]
    return Example("facts", messages, reply, effort, check={"contains": list(fact.keys)})


def system_message(rng):
    """Now and then an instruction of the client."""
    if rng.random() < 0.85:
        return []
    return [{"role": "system", "content": rng.choice(SYSTEM_MESSAGES)}]


def _earlier(rng, asked):
    """Now and then one or two turns about other facts."""
    turns = []
    if rng.random() < 0.2:
        for _ in range(rng.choice((1, 1, 2))):
            fact = rng.choice(FACTS)
            if fact is not asked:
                turns += [user(vary(rng, rng.choice(fact.trained))), {"role": "assistant", "content": fact.answer}]
    return turns
