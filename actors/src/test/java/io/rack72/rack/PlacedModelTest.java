package io.rack72.rack;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.rack72.checkpoint.Checkpoint;
import io.rack72.kernel.FastKernels;
import io.rack72.kernel.KvFormat;
import io.rack72.kernel.Workers;
import io.rack72.model.ForwardObserver;
import io.rack72.model.Numerics;
import java.util.Locale;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PlacedModelTest {
  @ParameterizedTest
  @EnumSource(KvFormat.class)
  void keysAndValuesTakeWhatTheirFormatNeeds(KvFormat format) {
    try (Checkpoint checkpoint = Checkpoint.open(RackHarness.golden("wide"));
        Workers workers = new Workers(1);
        Numerics numerics =
            Numerics.fast(
                checkpoint, workers, FastKernels.Choice.AUTO, Numerics.DenseWeights.BF16, format)) {
      PlacedModel placed =
          PlacedModel.onCpu(checkpoint, "wide", Optional.empty(), numerics, ForwardObserver.NONE);
      int headDim = checkpoint.config().headDim();
      assertEquals(format.vectorBytes(headDim), placed.kvVectorBytes());
      assertEquals(
          "fast-bf16-kv-" + format.name().toLowerCase(Locale.ROOT),
          placed.fingerprint().substring(0, placed.fingerprint().lastIndexOf('-')));
    }
  }
}
