package io.rack72.device;

import io.rack72.checkpoint.ModelConfig;
import io.rack72.model.Device;
import io.rack72.model.ForwardStep;
import io.rack72.model.Routing;
import io.rack72.model.StepBatch;

/**
 * A device that computes nothing but chooses experts for each row, by a {@link RoutingModel}. It
 * takes no time; see {@link TimedDevice}.
 */
public final class ChoosingDevice implements Device {
  private final int gpu;
  private final ModelConfig config;
  private final RoutingModel routing;
  private long draws;

  /**
   * @param gpu index in the rack, so that no two GPUs choose alike
   */
  public ChoosingDevice(int gpu, ModelConfig config, RoutingModel routing) {
    this.gpu = gpu;
    this.config = config;
    this.routing = routing;
  }

  @Override
  public void load(int layer, int expert, long nowNanos) {}

  @Override
  public void unload(int layer, int expert) {}

  @Override
  public ForwardStep begin(StepBatch batch) {
    return new Step(batch.rows());
  }

  @Override
  public ExpertOutputs experts(
      int layer, float[] hidden, int[] rows, int[] experts, long nowNanos) {
    return new ExpertOutputs(null, nowNanos);
  }

  private final class Step implements ForwardStep {
    private final int rows;
    private final float[] weights;

    Step(int rows) {
      this.rows = rows;
      weights = new float[rows * config.expertsPerToken()];
    }

    @Override
    public Routing route(int layer, long nowNanos) {
      int perRow = config.expertsPerToken();
      int[] experts = new int[rows * perRow];
      for (int row = 0; row < rows; row++) {
        routing.choose(layer, (long) gpu << Integer.SIZE | draws++, experts, row * perRow);
      }
      return new Routing(null, experts, weights, nowNanos);
    }

    @Override
    public long combine(int layer, float[] outputs, long nowNanos) {
      return nowNanos;
    }

    @Override
    public Logits logits(long nowNanos) {
      return new Logits(null, nowNanos);
    }
  }
}
