package io.rack72.kernel;

import static io.rack72.kernel.Int8Activations.GROUP;
import static io.rack72.kernel.WeightPanel.BLOCKS;
import static io.rack72.kernel.WeightPanel.ROWS;

import io.rack72.tensor.Bf16Matrix;
import io.rack72.tensor.Bf16Vector;
import io.rack72.tensor.Int8Matrix;
import io.rack72.tensor.Mxfp4Matrix;
import java.util.Arrays;

/**
 * The products on the Vector API. It has no operation for dot products of bytes, so weights are
 * decoded to 16 bits, a {@link WeightPanel} at a time, for all rows of activations ({@link
 * PanelProduct}). Few rows do not pay for that ({@link Mxfp4RowProduct}, {@link Int8RowProduct}).
 */
final class VectorBlockProducts implements BlockProducts {
  /** Rows of activations from which on it is faster to store 8-bit weights decoded. */
  private static final int PANEL_FROM = 6;

  @Override
  public String name() {
    return "vector-" + Simd.FLOATS.vectorBitSize();
  }

  @Override
  public boolean takesPairs() {
    return true;
  }

  @Override
  public void quantize(Bf16Matrix w, int from, int to, Int8Matrix out) {
    VectorInt8Quantization.quantize(w, from, to, out);
  }

  @Override
  public void multiply(
      Mxfp4Matrix w, Bf16Vector bias, Int8Activations x, int from, int to, float[] y, int yOffset) {
    WeightPanel panel = Scratch.ofThread().panel();
    float[] sums = Scratch.ofThread().sums.atLeast(x.rows() * ROWS);
    for (int output = from; output < to; output += ROWS) {
      Arrays.fill(sums, 0, x.rows() * ROWS, 0);
      panel.mxfp4.read(w, output);
      for (int block = 0; block < x.blocks(); block += BLOCKS) {
        int count = Math.min(BLOCKS, x.blocks() - block);
        panel.mxfp4.transpose(x.blocks(), block, count, panel.scales);
        addNarrow(panel, x, block, count, sums);
      }
      store(sums, bias, output, Math.min(ROWS, to - output), x.rows(), w.rows(), y, yOffset);
    }
  }

  private static void addNarrow(
      WeightPanel panel, Int8Activations x, int block, int count, float[] sums) {
    int grouped = x.rows() / GROUP * GROUP;
    if (grouped > 0) {
      Mxfp4Rows.decode(panel.mxfp4.transposed, count, panel.weights);
    }
    for (int row = 0; row < grouped; row += GROUP) {
      int pair = x.pairsOf(row, block);
      PanelProduct.narrow(panel.weights, count, x.pairs(), pair, panel.narrowDots);
      for (int i = 0; i < GROUP; i++) {
        PanelProduct.addNarrow(
            panel.narrowDots,
            i * PanelProduct.DOTS,
            count,
            panel.scales,
            x.scales(),
            block * x.rows() + row + i,
            x.rows(),
            sums,
            (row + i) * ROWS);
      }
    }
    for (int row = grouped; row < x.rows(); row++) {
      Mxfp4RowProduct.add(
          panel.mxfp4.transposed,
          panel.scales,
          count,
          x.pairs(),
          x.pairsOf(row, block),
          x.scales(),
          block * x.rows() + row,
          x.rows(),
          sums,
          row * ROWS);
    }
  }

  @Override
  public void multiply(
      Int8Matrix w, Bf16Vector bias, Int8Activations x, int from, int to, float[] y, int yOffset) {
    WeightPanel panel = Scratch.ofThread().panel();
    float[] sums = Scratch.ofThread().sums.atLeast(x.rows() * ROWS);
    int inPanels = x.rows() < PANEL_FROM ? 0 : x.rows() / GROUP * GROUP;
    for (int output = from; output < to; output += ROWS) {
      int tile = output / TILE_ROWS;
      int outputs = Math.min(ROWS, to - output);
      if (inPanels > 0) {
        Arrays.fill(sums, 0, inPanels * ROWS, 0);
        long tileBytes = (long) x.blocks() * Int8Matrix.TILE_BLOCK_BYTES;
        panel.touch(
            w.codes(), tile * tileBytes, (tile + Math.ceilDiv(outputs, TILE_ROWS)) * tileBytes);
        for (int block = 0; block < x.blocks(); block += BLOCKS) {
          int count = Math.min(BLOCKS, x.blocks() - block);
          panel.decode(w, tile, block, count);
          addWide(panel, x, inPanels, block, count, sums);
        }
      }
      for (int first = 0; first < outputs; first += TILE_ROWS) {
        for (int row = inPanels; row < x.rows(); row++) {
          Int8RowProduct.multiply(
              w,
              tile + first / TILE_ROWS,
              x.pairs(),
              x.pairsOf(row, 0),
              x.scales(),
              row,
              x.rows(),
              sums,
              row * ROWS + first);
        }
      }
      store(sums, bias, output, outputs, x.rows(), w.rows(), y, yOffset);
    }
  }

  private static void addWide(
      WeightPanel panel, Int8Activations x, int rows, int block, int count, float[] sums) {
    float[] dots = panel.wideDots;
    for (int row = 0; row < rows; row += 2) {
      PanelProduct.wide(panel.weights, count, x.pairs(), x.pairsOf(row, block), dots, 0);
      for (int i = 0; i < 2; i++) {
        int xScale = block * x.rows() + row + i;
        PanelProduct.addWide(
            dots,
            i * PanelProduct.DOTS,
            count,
            panel.scales,
            x.scales(),
            xScale,
            x.rows(),
            sums,
            (row + i) * ROWS);
      }
    }
  }

  /** Adds the bias to sums {@code [rows, 32]} and stores the first outputs of each row. */
  private static void store(
      float[] sums,
      Bf16Vector bias,
      int output,
      int outputs,
      int rows,
      int stride,
      float[] y,
      int yOffset) {
    for (int r = 0; bias != null && r < outputs; r++) {
      float b = bias.get(output + r);
      for (int row = 0; row < rows; row++) {
        sums[row * ROWS + r] += b;
      }
    }
    for (int row = 0; row < rows; row++) {
      System.arraycopy(sums, row * ROWS, y, yOffset + row * stride + output, outputs);
    }
  }
}
