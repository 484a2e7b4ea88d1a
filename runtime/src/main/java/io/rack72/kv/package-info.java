/**
 * A GPU's memory for keys and values, in blocks of a few positions. {@link io.rack72.kv.KvSizing}
 * says how many there are, {@link io.rack72.kv.KvCache} holds them, {@link io.rack72.kv.SequenceKv}
 * is what one sequence has of them, and {@link io.rack72.kv.KvLayout} where a key or value lies
 * within one.
 */
package io.rack72.kv;
