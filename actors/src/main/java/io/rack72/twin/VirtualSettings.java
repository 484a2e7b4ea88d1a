package io.rack72.twin;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;

/** What Pekko is told of a system on virtual time. */
public final class VirtualSettings {
  private VirtualSettings() {}

  /** These settings with all that would use another thread put on virtual time. */
  public static Config of(Config settings) {
    return ConfigFactory.parseResources("pekko-virtual.conf").withFallback(settings).resolve();
  }
}
