package io.rack72.launch;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * How a JVM is started that runs the program of this one, beside others of its kind on the same
 * machine.
 *
 * @param java the program that is a JVM
 * @param flags of this JVM, which the other gets too
 * @param classPath of this JVM
 * @param mainClass of the program
 * @param processors cores that this JVM may use
 * @param memoryBytes of the machine
 */
public record ChildJvm(
    Path java,
    List<String> flags,
    String classPath,
    String mainClass,
    int processors,
    long memoryBytes) {
  /** What a JVM takes for its heap at most when nobody tells it otherwise; here all together do. */
  private static final int HEAP_PART_OF_MEMORY = 4;

  private static final long LEAST_HEAP_MIB = 256;
  private static final long MOST_HEAP_MIB = 4096;

  /**
   * JVMs wait for each other in turn, so each may use more cores than its equal part. Fewer than
   * two would stop a JVM from computing while it collects garbage or compiles.
   */
  private static final int LEAST_PROCESSORS = 2;

  /**
   * The kernels are compiled earlier than other code, since before that each of their vectors is an
   * object. Nothing else is interpreted for longer than usual, not even in a crowd: what nodes say
   * to each other costs the cores more while it is interpreted than its quick compilation.
   */
  private static final List<String> COMPILATION =
      List.of(
          "-XX:CompileCommand=quiet",
          "-XX:CompileCommand=CompileThresholdScaling,io.rack72.kernel.*::*,0.1");

  /**
   * How many JVMs there are to a core when all of them are to be sparing in what they compile. With
   * two it costs more speed than it saves of the start.
   */
  private static final int CROWD = 8;

  /**
   * Of many JVMs that start on few cores, each waits while the others compile, so what is compiled
   * with all means has to be run 16 times as often before it is. Nor is what an earlier run found
   * worth it compiled ahead, which is for a JVM with cores to spare.
   */
  private static final List<String> SPARING_COMPILATION =
      List.of(
          "-XX:+UnlockDiagnosticVMOptions",
          "-XX:Tier4InvocationThreshold=80000",
          "-XX:Tier4MinInvocationThreshold=9600",
          "-XX:Tier4CompileThreshold=240000",
          "-XX:Tier4BackEdgeThreshold=640000",
          "-XX:-AOTReplayTraining");

  /**
   * The classes that the JVM has kept of an earlier run (JDK 25's ahead-of-time cache) lie where
   * they were written for. Elsewhere, which is the default, each JVM has to correct all their
   * addresses, and has a copy of its own of what all could share. Where that place is taken, it
   * does.
   */
  private static final List<String> SHARED_CLASSES =
      List.of("-XX:+UnlockDiagnosticVMOptions", "-XX:ArchiveRelocationMode=0");

  public ChildJvm {
    flags = List.copyOf(flags);
  }

  /**
   * For the program of this JVM.
   *
   * @param mainClass of the program
   */
  public static ChildJvm ofThisProcess(String mainClass, int processors, long memoryBytes) {
    return new ChildJvm(
        Path.of(System.getProperty("java.home"), "bin", "java"),
        ManagementFactory.getRuntimeMXBean().getInputArguments(),
        System.getProperty("java.class.path"),
        mainClass,
        processors,
        memoryBytes);
  }

  /**
   * The words that start one of several.
   *
   * @param jvms how many there are on the machine
   * @param arguments of the program
   */
  public List<String> command(int jvms, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(java.toString());
    // What is chosen here is for speed alone, so a JVM that does not know all of it starts as well.
    command.add("-XX:+IgnoreUnrecognizedVMOptions");
    // What this JVM was given comes later, so what a user has set there is what counts.
    if (flags.stream().noneMatch(ChildJvm::choosesCollector)) {
      // It has no threads and hardly any tables of its own, and the heaps are small.
      command.add("-XX:+UseSerialGC");
    }
    long heapMib = (memoryBytes >> 20) / HEAP_PART_OF_MEMORY / jvms;
    command.add("-Xmx" + Math.clamp(heapMib, LEAST_HEAP_MIB, MOST_HEAP_MIB) + "m");
    command.add("-XX:ReservedCodeCacheSize=96m");
    command.addAll(COMPILATION);
    if (jvms >= CROWD * processors) {
      command.addAll(SPARING_COMPILATION);
    }
    command.addAll(SHARED_CLASSES);
    // Threads of the JVM itself, of the actors and of the kernels are as many as there are cores.
    command.add("-XX:ActiveProcessorCount=" + processorsOfEach(jvms));
    flags.stream().filter(flag -> !isOfOneProcessOnly(flag)).forEach(command::add);
    command.add("-cp");
    command.add(classPath);
    command.add(mainClass);
    command.addAll(arguments);
    return List.copyOf(command);
  }

  private int processorsOfEach(int jvms) {
    int twiceTheirPart = Math.ceilDiv(2 * processors, jvms);
    return Math.min(processors, Math.max(LEAST_PROCESSORS, twiceTheirPart));
  }

  private static boolean choosesCollector(String flag) {
    return flag.startsWith("-XX:+Use") && flag.endsWith("GC");
  }

  /** Whether it opens a port or writes a file, which only one process can. */
  private static boolean isOfOneProcessOnly(String flag) {
    return flag.startsWith("-agentlib:jdwp")
        || flag.startsWith("-Xrunjdwp")
        || flag.startsWith("-Dcom.sun.management.jmxremote")
        || flag.startsWith("-XX:AOTCacheOutput");
  }
}
