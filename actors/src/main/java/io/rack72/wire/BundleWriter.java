package io.rack72.wire;

import io.rack72.fabric.Bundle;
import io.rack72.fabric.Departure;
import io.rack72.fabric.Frame;
import io.rack72.fabric.PortCredit;
import io.rack72.schedule.Urgency;

/** Writes one bundle, in the format that {@link BundleCodec} describes. Not thread-safe. */
final class BundleWriter {
  private final BundleRows rows;
  private final int hiddenSize;
  private final WireWriter out;
  private int dispatches;
  private int differentRows;
  private long hiddenBytes;

  /**
   * @param rows of the bundle that is written
   */
  BundleWriter(BundleRows rows, int hiddenSize, WireWriter out) {
    this.rows = rows;
    this.hiddenSize = hiddenSize;
    this.out = out;
  }

  /**
   * Writes the bundle.
   *
   * @return bytes of the hidden states that a reader makes of it
   * @throws WireFormatException if a dispatch has not one expert for each of its rows
   */
  long write(Bundle bundle) {
    out.int32(BundleCodec.MAGIC);
    out.int8(BundleCodec.VERSION);
    out.flag(bundle.pressed());
    out.int32(bundle.credits().size());
    out.int32(bundle.frames().size());
    for (PortCredit credit : bundle.credits()) {
      out.int32(credit.port().index());
      out.int32(credit.by().index());
      out.int64(credit.bytes());
    }
    bundle.frames().forEach(this::write);
    return hiddenBytes;
  }

  private void write(Departure departure) {
    Frame frame = departure.frame();
    out.int8(
        switch (frame) {
          case Frame.Dispatch _ -> BundleCodec.DISPATCH;
          case Frame.Combine _ -> BundleCodec.COMBINE;
          case Frame.Refuse _ -> BundleCodec.REFUSE;
        });
    out.int32(frame.from().index());
    out.int32(frame.to().index());
    out.int64(frame.epoch());
    out.int64(frame.step());
    out.int32(frame.layer());
    out.int64(frame.bytes());
    out.int64(departure.passage().endNanos() - departure.passage().startNanos());
    switch (frame) {
      case Frame.Dispatch dispatch -> writeRest(dispatch);
      case Frame.Combine combine -> writeRest(combine.outputs());
      case Frame.Refuse _ -> {}
    }
  }

  private static int code(Urgency urgency) {
    return switch (urgency) {
      case PROMPTS -> 0;
      case DECODES -> 1;
      case STANDSTILL -> 2;
    };
  }

  private void writeRest(float[] outputs) {
    out.int32(outputs == null ? BundleCodec.NO_ARRAY : outputs.length);
    if (outputs != null) {
      out.floats(outputs);
    }
  }

  private void writeRest(Frame.Dispatch dispatch) {
    int assignments = dispatch.rows().length;
    if (dispatch.experts().length != assignments) {
      throw new WireFormatException(
          "a dispatch has one expert for each of its %d rows, not %d"
              .formatted(assignments, dispatch.experts().length));
    }
    int[] sources = rows.sources(dispatches++);
    float[] hidden = dispatch.hidden();
    out.int8(code(dispatch.urgency()));
    out.int32(assignments);
    out.int32(hidden == null ? BundleCodec.NO_ARRAY : sources.length);
    out.ints(dispatch.rows());
    out.ints(dispatch.experts());
    out.ints(sources);
    hiddenBytes += (long) sources.length * hiddenSize * Float.BYTES;
    for (int i = 0; i < sources.length; i++) {
      boolean isFirst = sources[i] == differentRows;
      differentRows += isFirst ? 1 : 0;
      if (isFirst || sources[i] < 0) {
        out.floats(hidden, i * hiddenSize, hiddenSize);
      }
    }
  }
}
