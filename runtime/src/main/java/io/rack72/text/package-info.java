/**
 * Text in, text out: everything between what a client writes and the token ids that a model reads,
 * and back.
 *
 * <p>On the way in, {@link io.rack72.text.Tokenizers} finds the {@link io.rack72.text.Tokenizer} of
 * a checkpoint. A plain prompt is {@linkplain io.rack72.text.Tokenizer#encode encoded} as it is. A
 * chat becomes a {@link io.rack72.text.Conversation} of {@link io.rack72.text.Message}s, which
 * {@link io.rack72.text.HarmonyRenderer} writes in Harmony, the format that the gpt-oss models were
 * trained on: each message is a header (from whom, to whom, on which channel) and content, with
 * {@linkplain io.rack72.text.HarmonyToken special tokens} between them. All that a client sends is
 * encoded as ordinary text, so only the renderer can write a special token.
 *
 * <p>On the way out, token by token: a plain completion goes through a {@link
 * io.rack72.text.TextDecoder}, which holds characters back until all their bytes are there. A chat
 * goes through a {@link io.rack72.text.HarmonyParser}, which decodes in the same way and tells
 * {@linkplain io.rack72.text.HarmonyEvent events}: reasoning comes on the channel {@code analysis},
 * the answer on {@code final}, and a message to {@code functions.NAME} is a tool call. The text of
 * either then passes {@link io.rack72.text.StopStrings}, if the client named any.
 *
 * <p>Tokenizers and renderers are shared by all threads; decoders, parsers and stop strings belong
 * to one sequence each.
 */
package io.rack72.text;
