package io.rack72.bench;

import com.typesafe.config.ConfigFactory;
import io.rack72.fabric.Bundle;
import io.rack72.fabric.Departure;
import io.rack72.fabric.Frame;
import io.rack72.fabric.PortCredit;
import io.rack72.gpu.SequenceEvent;
import io.rack72.hardware.GpuId;
import io.rack72.link.Lane;
import io.rack72.sampling.SampledToken;
import io.rack72.schedule.SequenceId;
import io.rack72.schedule.Urgency;
import io.rack72.wire.BundleCodec;
import io.rack72.wire.SequenceSerializer;
import io.rack72.wire.WireLimits;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.serialization.SerializationExtension;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Messages between the JVMs of a rack as bytes and back, on one thread. {@code bytes} counts the
 * encoded ones; operations and bytes are per second.
 *
 * <pre>{@code
 * java @load-tests/target/app/jvm.flags -cp load-tests/target/app/rack72.jar \
 *     org.openjdk.jmh.Main WireBenchmark
 * }</pre>
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector"})
public class WireBenchmark {
  // gpt-oss-20b on 72 GPUs of four JVMs: what one layer sends to the 18 of another.
  private static final int GPUS = 72;
  private static final int FRAMES = 18;
  private static final WireLimits LIMITS = new WireLimits(GPUS, 24, 32, 2880, 64 << 20);

  /** What JMH reports beside the operations. */
  @State(Scope.Thread)
  @AuxCounters(AuxCounters.Type.OPERATIONS)
  public static class Counters {
    /** Encoded bytes. */
    public long bytes;
  }

  /** Dispatches of one layer to one JVM. */
  @State(Scope.Thread)
  public static class Layer {
    /** Rows of all frames: 48 are of 16 sequences that decode, 512 of a chunk of a prompt. */
    @Param({"48", "512"})
    public int rows;

    private final BundleCodec codec = new BundleCodec(LIMITS);
    private Bundle bundle;
    private byte[] bytes;

    /** Makes the bundle. */
    @Setup
    public void make() {
      SplittableRandom random = new SplittableRandom(1);
      List<PortCredit> credits = new ArrayList<>();
      List<Departure> frames = new ArrayList<>();
      for (int i = 0; i < FRAMES; i++) {
        Frame frame = dispatch(FRAMES + i, rows / FRAMES + (i < rows % FRAMES ? 1 : 0), random);
        frames.add(new Departure(frame, new Lane.Passage(i, i + 100)));
        credits.add(new PortCredit(new GpuId(i), frame.to(), frame.bytes()));
      }
      bundle = new Bundle(false, credits, frames);
      bytes = codec.encode(bundle);
    }

    private static Frame dispatch(int to, int rows, SplittableRandom random) {
      int hiddenSize = LIMITS.hiddenSize();
      float[] hidden = new float[rows * hiddenSize];
      for (int i = 0; i < hidden.length; i++) {
        hidden[i] = (float) random.nextGaussian();
      }
      int[] rowOf = new int[rows];
      int[] experts = new int[rows];
      for (int i = 0; i < rows; i++) {
        rowOf[i] = i;
        experts[i] = random.nextInt(LIMITS.experts());
      }
      return new Frame.Dispatch(
          new GpuId(0),
          new GpuId(to),
          1,
          1,
          7,
          hidden,
          rowOf,
          experts,
          Urgency.DECODES,
          Frame.Dispatch.bytes(rows, hiddenSize, rows));
    }
  }

  /** One token of a sequence, in a buffer as remoting has it. */
  @State(Scope.Thread)
  public static class OneToken {
    private final SequenceEvent.Token token =
        new SequenceEvent.Token(
            new SequenceId("chatcmpl-0123456789abcdef01234567", 0),
            1,
            400,
            new SampledToken(12_345, Float.NaN, new int[0], new float[0]),
            Optional.empty());
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(1024);
    private ActorSystem system;
    private SequenceSerializer serializer;
    private String manifest;
    private ByteBuffer encoded;

    /** Finds the serializer. */
    @Setup
    public void start() {
      system =
          ActorSystem.create(
              "bench",
              ConfigFactory.parseResources("pekko-wire.conf").withFallback(ConfigFactory.load()));
      serializer = (SequenceSerializer) SerializationExtension.get(system).findSerializerFor(token);
      manifest = serializer.manifest(token);
      encoded = ByteBuffer.wrap(serializer.toBinary(token));
    }

    /** Stops the actor system. */
    @TearDown
    public void stop() {
      system.terminate();
    }
  }

  /** A layer's dispatches as one array. */
  @Benchmark
  public byte[] encodeBundle(Layer layer, Counters counters) {
    byte[] bytes = layer.codec.encode(layer.bundle);
    counters.bytes += bytes.length;
    return bytes;
  }

  /** And back. */
  @Benchmark
  public Bundle decodeBundle(Layer layer, Counters counters) {
    counters.bytes += layer.bytes.length;
    return layer.codec.decode(layer.bytes, 1000);
  }

  /** What both are measured against: a copy of the same bytes to a new array. */
  @Benchmark
  public byte[] copy(Layer layer, Counters counters) {
    counters.bytes += layer.bytes.length;
    return layer.bytes.clone();
  }

  /** A token with its manifest. */
  @Benchmark
  public String encodeToken(OneToken one, Counters counters) {
    one.buffer.clear();
    one.serializer.toBinary(one.token, one.buffer);
    counters.bytes += one.buffer.position();
    return one.serializer.manifest(one.token);
  }

  /** And back. */
  @Benchmark
  public Object decodeToken(OneToken one, Counters counters) {
    one.encoded.rewind();
    counters.bytes += one.encoded.remaining();
    return one.serializer.fromBinary(one.encoded, one.manifest);
  }
}
