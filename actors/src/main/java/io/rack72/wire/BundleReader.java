package io.rack72.wire;

import io.rack72.fabric.Bundle;
import io.rack72.fabric.Departure;
import io.rack72.fabric.Frame;
import io.rack72.fabric.PortCredit;
import io.rack72.hardware.GpuId;
import io.rack72.link.Lane;
import io.rack72.schedule.Urgency;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** Reads one bundle, in the format that {@link BundleCodec} describes. */
final class BundleReader {
  private static final int CREDIT_BYTES = 2 * Integer.BYTES + Long.BYTES;
  // A refuse.
  private static final int LEAST_FRAME_BYTES = Byte.BYTES + 3 * Integer.BYTES + 4 * Long.BYTES;
  // The slowest lane has a byte a second.
  private static final long MAX_DURATION_NANOS = Lane.MAX_BYTES * 1_000_000_000L;

  private final WireLimits limits;
  private final WireReader in;
  private final long nowNanos;
  private final List<Row> differentRows = new ArrayList<>();
  // Of each of them the GPUs that it has gone to.
  private final List<BitSet> receivers = new ArrayList<>();
  private long hiddenBytes;

  /** A row of hidden states that has been read. */
  private record Row(float[] values, int first) {}

  BundleReader(WireLimits limits, WireReader in, long nowNanos) {
    this.limits = limits;
    this.in = in;
    this.nowNanos = nowNanos;
  }

  Bundle read() {
    int magic = in.int32("the magic number");
    if (magic != BundleCodec.MAGIC) {
      throw in.wrong("it begins with %08x, not %08x".formatted(BundleCodec.MAGIC, magic));
    }
    int version = in.int8("the version");
    if (version != BundleCodec.VERSION) {
      throw in.wrong("its version is %d, not %d".formatted(BundleCodec.VERSION, version));
    }
    boolean pressed = in.flag("pressed");
    int creditCount = in.count("credits", CREDIT_BYTES, Integer.MAX_VALUE);
    int frameCount = in.count("frames", LEAST_FRAME_BYTES, Integer.MAX_VALUE);
    List<PortCredit> credits = new ArrayList<>(creditCount);
    for (int i = 0; i < creditCount; i++) {
      credits.add(
          new PortCredit(
              gpu("a credit's port"),
              gpu("a credit's sender"),
              in.int64("a credit's bytes", 0, Long.MAX_VALUE)));
    }
    List<Departure> frames = new ArrayList<>(frameCount);
    for (int i = 0; i < frameCount; i++) {
      frames.add(departure());
    }
    in.requireEnd();
    return new Bundle(pressed, credits, frames);
  }

  private GpuId gpu(String name) {
    return new GpuId(in.int32(name, 0, limits.gpus() - 1));
  }

  private Departure departure() {
    int kind = in.int8("a frame's kind");
    GpuId from = gpu("a frame's sender");
    GpuId to = gpu("a frame's receiver");
    long epoch = in.int64("a frame's epoch");
    long step = in.int64("a frame's step");
    int layer = in.int32("a frame's layer", 0, limits.layers() - 1);
    long bytes = in.int64("a frame's bytes", 0, Lane.MAX_BYTES);
    long duration = in.int64("the duration of a frame's passage", 0, MAX_DURATION_NANOS);
    Frame frame =
        switch (kind) {
          case BundleCodec.DISPATCH -> dispatch(from, to, epoch, step, layer, bytes);
          case BundleCodec.COMBINE ->
              new Frame.Combine(from, to, epoch, step, layer, outputs(), bytes);
          case BundleCodec.REFUSE -> new Frame.Refuse(from, to, epoch, step, layer, bytes);
          default ->
              throw in.wrong(
                  "a frame's kind is %d to %d, not %d"
                      .formatted(BundleCodec.DISPATCH, BundleCodec.REFUSE, kind));
        };
    return new Departure(frame, new Lane.Passage(nowNanos, nowNanos + duration));
  }

  private Frame.Dispatch dispatch(
      GpuId from, GpuId to, long epoch, long step, int layer, long bytes) {
    Urgency urgency = urgency();
    int assignments = in.int32("the number of assignments", 0, Integer.MAX_VALUE);
    int hiddenRows =
        in.int32("the number of hidden's rows", BundleCodec.NO_ARRAY, Integer.MAX_VALUE);
    int sources = Math.max(hiddenRows, 0);
    in.require("a dispatch's arrays", (2L * assignments + sources) * Integer.BYTES);
    // A row is sent because some assignment needs it, so there are no more rows than assignments.
    int rowLimit = hiddenRows == BundleCodec.NO_ARRAY ? assignments : hiddenRows;
    int[] rows = in.indices("rows", assignments, rowLimit);
    int[] experts = in.indices("experts", assignments, limits.experts());
    return new Frame.Dispatch(
        from, to, epoch, step, layer, hidden(hiddenRows, to), rows, experts, urgency, bytes);
  }

  private Urgency urgency() {
    int code = in.int8("the urgency");
    return switch (code) {
      case 0 -> Urgency.PROMPTS;
      case 1 -> Urgency.DECODES;
      case 2 -> Urgency.STANDSTILL;
      default -> throw in.wrong("the urgency is 0 to 2, not %d".formatted(code));
    };
  }

  private float[] hidden(int rows, GpuId to) {
    if (rows == BundleCodec.NO_ARRAY) {
      return null;
    }
    hiddenBytes += (long) rows * limits.hiddenSize() * Float.BYTES;
    if (hiddenBytes > limits.maxBundleBytes()) {
      throw in.wrong(
          "its hidden states have at most %d bytes, not %d"
              .formatted(limits.maxBundleBytes(), hiddenBytes));
    }
    int[] sources = in.ints("sources", rows);
    in.require("hidden", (long) rowsThatFollow(sources, to) * limits.hiddenSize() * Float.BYTES);
    float[] hidden = new float[rows * limits.hiddenSize()];
    for (int i = 0; i < rows; i++) {
      int at = i * limits.hiddenSize();
      if (sources[i] == differentRows.size()) {
        in.floats("hidden", hidden, at, limits.hiddenSize());
        differentRows.add(new Row(hidden, at));
      } else if (sources[i] < 0) {
        in.floats("hidden", hidden, at, limits.hiddenSize());
        requireSame(BundleRows.again(sources[i]), new Row(hidden, at));
      } else {
        Row row = differentRows.get(sources[i]);
        System.arraycopy(row.values(), row.first(), hidden, at, limits.hiddenSize());
      }
    }
    return hidden;
  }

  /** Checks a dispatch's sources, and counts those whose rows are in the bytes behind them. */
  private int rowsThatFollow(int[] sources, GpuId to) {
    int follow = 0;
    for (int source : sources) {
      int known = receivers.size();
      int number = source < 0 ? BundleRows.again(source) : source;
      boolean isAgain = number < known && receivers.get(number).get(to.index());
      if (source < 0 && !isAgain) {
        throw in.wrong("row %d is sent again to %s, which has not had it".formatted(number, to));
      }
      if (source > known) {
        throw in.wrong("a row's source is 0 to %d, the next row, not %d".formatted(known, source));
      }
      if (source >= 0 && isAgain) {
        throw in.wrong("row %d is named to %s twice, and not sent again".formatted(number, to));
      }
      if (source == known) {
        receivers.add(new BitSet());
      }
      receivers.get(number).set(to.index());
      follow += source < 0 || source == known ? 1 : 0;
    }
    return follow;
  }

  private void requireSame(int number, Row again) {
    Row row = differentRows.get(number);
    for (int i = 0; i < limits.hiddenSize(); i++) {
      int was = Float.floatToRawIntBits(row.values()[row.first() + i]);
      if (was != Float.floatToRawIntBits(again.values()[again.first() + i])) {
        throw in.wrong("row %d is sent again, and is another".formatted(number));
      }
    }
  }

  private float[] outputs() {
    int count =
        in.int32("the number of a tensor's floats", BundleCodec.NO_ARRAY, Integer.MAX_VALUE);
    if (count > 0 && count % limits.hiddenSize() != 0) {
      throw in.wrong(
          "outputs has whole rows of %d floats, not %d floats"
              .formatted(limits.hiddenSize(), count));
    }
    return count == BundleCodec.NO_ARRAY ? null : in.floats("outputs", count);
  }
}
