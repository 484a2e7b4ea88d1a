package io.rack72.cli;

import java.util.List;

/**
 * Adds commands to {@code rack72}. Modules above this one name their implementation in {@code
 * META-INF/services}.
 */
public interface CommandProvider {
  /** Objects annotated as picocli commands, made anew for each invocation of the program. */
  List<Object> commands(Invocation invocation);
}
