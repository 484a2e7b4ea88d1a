package io.rack72.metrics;

import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * Metrics as text.
 *
 * @param contentType of the format
 * @param bytes the text
 */
@SuppressWarnings("ArrayRecordComponent")
public record Exposition(String contentType, byte[] bytes) {
  private static final ExpositionFormatWriter PROMETHEUS =
      PrometheusTextFormatWriter.builder().build();
  private static final ExpositionFormatWriter OPEN_METRICS =
      OpenMetricsTextFormatWriter.builder().build();

  /**
   * In the format that the client wants: OpenMetrics where it asks for it, else Prometheus' own.
   *
   * @param accept the request's header of that name; may be empty
   */
  public static Exposition of(List<MetricSnapshot> metrics, String accept) {
    ExpositionFormatWriter writer = OPEN_METRICS.accepts(accept) ? OPEN_METRICS : PROMETHEUS;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      writer.write(out, new MetricSnapshots(metrics));
    } catch (IOException e) {
      throw new UncheckedIOException("nothing fails here: it is memory", e);
    }
    return new Exposition(writer.getContentType(), out.toByteArray());
  }
}
