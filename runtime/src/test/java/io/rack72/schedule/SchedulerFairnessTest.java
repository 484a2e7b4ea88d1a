package io.rack72.schedule;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.rack72.schedule.StepPlan.Share;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Tenants who always have sequences waiting share the GPU by their weights. */
class SchedulerFairnessTest {
  private static final int CONTEXT = 24;

  @Test
  void backloggedTenantsAreServedByWeightWhateverTheySend() {
    for (int seed = 0; seed < 60; seed++) {
      new Backlog(seed).run(1500);
    }
  }

  /** Tenants of random weights and habits, who send as soon as anything of theirs is taken. */
  private static final class Backlog {
    private final SplittableRandom random;
    private final SchedulerDriver driver;
    private final int maxRunning;
    private final int[] weights;
    private final int[] longestPrompt;
    private final double[] served;
    private final Map<String, Integer> everComputed = new HashMap<>();
    private final Map<Integer, Set<String>> neverBegun = new HashMap<>();
    private int sent;

    Backlog(int seed) {
      random = new SplittableRandom(seed);
      int tenants = random.nextInt(2, 5);
      maxRunning = random.nextInt(1, 5);
      weights = random.ints(tenants, 1, 6).toArray();
      longestPrompt = random.ints(tenants, 1, CONTEXT).toArray();
      served = new double[tenants];
      SchedulerLimits limits =
          new SchedulerLimits(
              maxRunning + random.nextInt(12), random.nextInt(1, 16), maxRunning, 100, CONTEXT);
      driver = new SchedulerDriver(limits, random.nextInt(6, 30), random.nextInt(10, 40));
    }

    void run(int steps) {
      for (int step = 0; step < steps; step++) {
        send();
        StepPlan plan = driver.scheduler.step().orElseThrow();
        plan.shares().forEach(this::serve);
        checkFair();
        driver.scheduler.complete(plan);
        driver.append(plan);
      }
      driver.cache.close();
    }

    private void send() {
      for (int tenant = 0; tenant < weights.length; tenant++) {
        Set<String> waiting = neverBegun.computeIfAbsent(tenant, t -> new HashSet<>());
        // As many wait as may begin in one step, and one more.
        while (waiting.size() <= maxRunning) {
          String id = tenant + "." + sent++;
          int[] prompt = random.ints(random.nextInt(longestPrompt[tenant]) + 1, 0, 100).toArray();
          driver.accept(
              id,
              prompt,
              random.nextInt(1, 12),
              new Standing("t" + tenant, weights[tenant], 0, ""));
          waiting.add(id);
        }
      }
    }

    /** What is computed again after a preemption is nobody's gain. */
    private void serve(Share share) {
      String id = share.sequence().id().request();
      int tenant = id.charAt(0) - '0';
      neverBegun.get(tenant).remove(id);
      int before = everComputed.getOrDefault(id, 0);
      int after = Math.max(before, share.firstPosition() + share.rows());
      everComputed.put(id, after);
      served[tenant] +=
          (double) (after - Math.max(before, share.firstPosition())) / weights[tenant];
    }

    private void checkFair() {
      for (int a = 0; a < served.length; a++) {
        for (int b = 0; b < served.length; b++) {
          // A tenant begins a sequence only while no other has had less, and may then begin all
          // that run; while they run, the other's may run on as well.
          double bound = (double) maxRunning * CONTEXT / Math.min(weights[a], weights[b]);
          assertTrue(served[a] - served[b] <= bound, "one tenant is served before another");
        }
      }
    }
  }
}
