// What OfficialNodeClientIT runs: OpenAI's client for JavaScript against a rack.
//
//   node rack.mjs URL KEY MODEL CASE
//
// Each case fails with an assertion, or prints its name.
import assert from 'node:assert/strict';
import OpenAI from 'openai';

const [url, key, model, name] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 });

const prompt = 'Seventy-two GPUs in one rack';
const tokens = 24;
const chat = {
  model,
  messages: [{ role: 'user', content: prompt }],
  seed: 5,
  max_completion_tokens: tokens,
  ignore_eos: true,
};
const completion = { model, prompt, seed: 5, max_tokens: tokens, ignore_eos: true };
const streamed = { stream: true, stream_options: { include_usage: true } };

/** A usage without what depends on earlier requests: how much of the prompt was in the cache. */
function counts(usage) {
  const { prompt_tokens_details: { cached_tokens }, ...rest } = usage;
  assert.ok(cached_tokens >= 0 && cached_tokens <= usage.prompt_tokens);
  return rest;
}

/** The texts of a stream's choices, why they ended, and the usage, which only the last event has. */
async function collect(stream, textOf) {
  const choices = [];
  let usage = null;
  for await (const event of stream) {
    assert.equal(usage, null, 'an event after the usage');
    for (const choice of event.choices) {
      const collected = (choices[choice.index] ??= { text: '', reason: null });
      assert.equal(collected.reason, null, 'more of a choice after its end');
      collected.text += textOf(choice) ?? '';
      collected.reason = choice.finish_reason;
    }
    usage = event.usage ?? null;
  }
  return { choices, usage };
}

const cases = {
  async models() {
    const listed = [];
    for await (const entry of client.models.list()) {
      listed.push(entry);
    }
    assert.deepEqual(
      listed.map((entry) => entry.id),
      [model],
    );
    assert.deepEqual(await client.models.retrieve(model), listed[0]);
  },

  async chat() {
    const whole = await client.chat.completions.create(chat);
    const parts = await collect(
      await client.chat.completions.create({ ...chat, ...streamed }),
      (choice) => choice.delta.content,
    );

    assert.equal(whole.object, 'chat.completion');
    assert.match(whole.id, /^chatcmpl-/);
    const [choice] = whole.choices;
    assert.equal(choice.message.role, 'assistant');
    assert.ok(choice.message.content.length > 0);
    assert.equal(choice.finish_reason, 'length');
    assert.deepEqual(parts.choices, [{ text: choice.message.content, reason: 'length' }]);
    assert.equal(whole.usage.completion_tokens, tokens);
    assert.equal(whole.usage.total_tokens, whole.usage.prompt_tokens + tokens);
    assert.deepEqual(counts(parts.usage), counts(whole.usage));
  },

  async choices() {
    const one = await client.chat.completions.create(chat);
    const two = await client.chat.completions.create({ ...chat, n: 2 });
    const parts = await collect(
      await client.chat.completions.create({ ...chat, ...streamed, n: 2 }),
      (choice) => choice.delta.content,
    );

    const texts = two.choices.map((choice) => choice.message.content);
    assert.deepEqual(
      two.choices.map((choice) => choice.index),
      [0, 1],
    );
    assert.equal(texts[0], one.choices[0].message.content);
    assert.notEqual(texts[0], texts[1]);
    assert.deepEqual(
      parts.choices.map((choice) => choice.text),
      texts,
    );
    assert.equal(two.usage.completion_tokens, 2 * tokens);
    assert.deepEqual(counts(parts.usage), counts(two.usage));
  },

  /** The client's own helper puts a stream together, which is where it is strict about events. */
  async streamHelper() {
    const runner = client.chat.completions.stream({ ...chat, stream_options: { include_usage: true } });
    let heard = '';
    runner.on('content', (delta) => {
      heard += delta;
    });
    const whole = await client.chat.completions.create(chat);
    const final = await runner.finalChatCompletion();

    assert.equal(final.choices[0].message.content, whole.choices[0].message.content);
    assert.equal(heard, whole.choices[0].message.content);
    assert.equal(final.choices[0].finish_reason, 'length');
    assert.deepEqual(await runner.totalUsage(), {
      completion_tokens: tokens,
      prompt_tokens: whole.usage.prompt_tokens,
      total_tokens: whole.usage.total_tokens,
    });
  },

  async tools() {
    const tool = {
      type: 'function',
      function: {
        name: 'temperature',
        description: 'Degrees at a place',
        parameters: { type: 'object', properties: { place: { type: 'string' } } },
      },
    };
    const plain = await client.chat.completions.create(chat);
    const equipped = await client.chat.completions.create({ ...chat, tools: [tool] });
    const called = await client.chat.completions.create({
      ...chat,
      tools: [tool],
      messages: [
        ...chat.messages,
        {
          role: 'assistant',
          tool_calls: [
            { id: 'call-1', type: 'function', function: { name: 'temperature', arguments: '{}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'call-1', content: '21' },
      ],
    });

    assert.ok(equipped.usage.prompt_tokens > plain.usage.prompt_tokens);
    assert.ok(called.usage.prompt_tokens > equipped.usage.prompt_tokens);
  },

  async completion() {
    const whole = await client.completions.create(completion);
    const parts = await collect(
      await client.completions.create({ ...completion, ...streamed }),
      (choice) => choice.text,
    );

    assert.equal(whole.object, 'text_completion');
    const [choice] = whole.choices;
    assert.ok(choice.text.length > 0);
    assert.deepEqual(parts.choices, [{ text: choice.text, reason: 'length' }]);
    assert.equal(whole.usage.completion_tokens, tokens);
    assert.deepEqual(counts(parts.usage), counts(whole.usage));
  },

  async logprobs() {
    const whole = await client.chat.completions.create({ ...chat, logprobs: true, top_logprobs: 2 });
    const said = whole.choices[0].logprobs.content;
    assert.equal(said.length, tokens);
    assert.equal(said.map((entry) => entry.token).join(''), whole.choices[0].message.content);
    for (const entry of said) {
      assert.equal(entry.top_logprobs.length, 2);
      assert.ok(entry.logprob <= entry.top_logprobs[0].logprob);
      assert.equal(Buffer.from(entry.bytes).toString(), entry.token);
    }

    const raw = await client.completions.create({ ...completion, logprobs: 2 });
    const { tokens: texts, token_logprobs: numbers } = raw.choices[0].logprobs;
    assert.equal(texts.join(''), raw.choices[0].text);
    assert.equal(numbers.length, tokens);
  },

  async stop() {
    const text = [...(await client.completions.create(completion)).choices[0].text];
    const stop = text.slice(-12, -7).join('');
    const before = text.join('').split(stop, 1)[0];
    const whole = await client.completions.create({ ...completion, stop });
    const parts = await collect(
      await client.completions.create({ ...completion, ...streamed, stop }),
      (choice) => choice.text,
    );

    assert.equal(whole.choices[0].text, before);
    assert.equal(whole.choices[0].finish_reason, 'stop');
    assert.deepEqual(parts.choices, [{ text: before, reason: 'stop' }]);
  },

  async errors() {
    await assert.rejects(client.chat.completions.create({ ...chat, model: 'gpt-5' }), (error) => {
      assert.ok(error instanceof OpenAI.NotFoundError);
      assert.equal(error.code, 'model_not_found');
      assert.equal(error.param, 'model');
      return true;
    });
    await assert.rejects(client.chat.completions.create({ ...chat, temperature: 3 }), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.equal(error.param, 'temperature');
      assert.equal(error.type, 'invalid_request_error');
      return true;
    });
    await assert.rejects(
      client.completions.create({ ...completion, ...streamed, max_tokens: 0 }),
      OpenAI.BadRequestError,
    );
    const stranger = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'another-key', maxRetries: 0 });
    await assert.rejects(stranger.models.list(), OpenAI.AuthenticationError);
  },

  /** A stream that the client leaves is no trouble for what it asks next. */
  async abort() {
    const long = { ...completion, max_tokens: 2000, stream: true };
    for await (const event of await client.completions.create(long)) {
      assert.equal(event.choices.length, 1);
      break;
    }
    await cases.completion();
  },
};

await cases[name]();
console.log(name);
