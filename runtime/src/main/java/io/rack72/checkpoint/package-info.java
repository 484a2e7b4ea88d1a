/**
 * A gpt-oss checkpoint on disk: its shape, its tensors mapped into memory, and a writer of random
 * ones. {@link io.rack72.checkpoint.Checkpoint} is where to start; everything that can be wrong
 * with the files is a {@link io.rack72.checkpoint.CheckpointException}.
 */
package io.rack72.checkpoint;
