package io.rack72.placement;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import io.rack72.hardware.GpuId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Which GPU owns which experts. The GPUs that are there are cut into groups of {@code degree}, in
 * order, and each group holds every expert of every layer once. GPUs left over, where the degree
 * does not divide them, own no experts and use the last group's.
 *
 * <p>Within a group each GPU gets as many experts of a layer as the others, and where they do not
 * divide evenly the remainder falls on other GPUs in each layer, so that over all layers none has
 * more than one more than another. When GPUs come or go ({@link #moved}), an expert stays where it
 * is as far as that allows.
 *
 * <p>Immutable: the arrays are not to be written.
 *
 * @param epoch number of the placement; a later one replaces it
 * @param degree GPUs in a group, 1 to their number
 * @param layers layers of the model
 * @param experts experts of each layer
 * @param gpus indices of the GPUs that are there, ascending
 * @param owners for each group, the index of the GPU that owns an expert, at {@code layer * experts
 *     + expert}
 */
public record ExpertPlacement(
    long epoch, int degree, int layers, int experts, int[] gpus, int[][] owners) {
  private static final int NOBODY = -1;

  /** Far above a large model on a large rack, and small enough to be allocated. */
  private static final long MAX_SLOTS = 1 << 26;

  /**
   * A placement for the wire: which member of its group owns an expert takes as many bits as there
   * are members, rounded up.
   *
   * @param members for each group, layer and expert the place of the owner in its group
   */
  public record Packed(
      long epoch, int degree, int layers, int experts, int[] gpus, byte[] members) {}

  /** One expert of one layer. */
  public record Slot(int layer, int expert) {}

  public ExpertPlacement {
    if (degree < 1 || degree > gpus.length) {
      throw new IllegalArgumentException(
          "the expert-parallel degree is 1 to "
              + gpus.length
              + ", the GPUs of the rack, not "
              + degree);
    }
    if (owners.length != gpus.length / degree
        || Arrays.stream(owners).anyMatch(group -> group.length != layers * experts)) {
      throw new IllegalArgumentException(
          "each of %d groups owns %d experts".formatted(gpus.length / degree, layers * experts));
    }
  }

  /** The first placement, on GPUs 0 to {@code gpus - 1}. */
  public ExpertPlacement(long epoch, int gpus, int degree, int layers, int experts) {
    this(epoch, degree, layers, experts, IntStream.range(0, gpus).boxed().map(GpuId::new).toList());
  }

  /** The first placement, on some GPUs. */
  public ExpertPlacement(long epoch, int degree, int layers, int experts, List<GpuId> gpus) {
    this(
        epoch,
        degree,
        layers,
        experts,
        indices(gpus),
        dealt(degree, layers, experts, indices(gpus), new int[0][]));
  }

  /**
   * The placement of the same experts on other GPUs.
   *
   * @param newDegree GPUs in a group
   * @param newGpus that are there then
   */
  public ExpertPlacement moved(long newEpoch, int newDegree, List<GpuId> newGpus) {
    int[] indices = indices(newGpus);
    return new ExpertPlacement(
        newEpoch,
        newDegree,
        layers,
        experts,
        indices,
        dealt(newDegree, layers, experts, indices, owners));
  }

  private static int[] indices(List<GpuId> gpus) {
    return gpus.stream().mapToInt(GpuId::index).sorted().toArray();
  }

  private static int[][] dealt(int degree, int layers, int experts, int[] gpus, int[][] before) {
    if (degree < 1 || degree > gpus.length) {
      return new int[0][];
    }
    int[][] owners = new int[gpus.length / degree][];
    for (int group = 0; group < owners.length; group++) {
      int[] members = Arrays.copyOfRange(gpus, group * degree, (group + 1) * degree);
      owners[group] = deal(layers, experts, members, before);
    }
    return owners;
  }

  private static int[] deal(int layers, int experts, int[] members, int[][] before) {
    int[] owners = new int[layers * experts];
    int[] extras = new int[members.length];
    for (int layer = 0; layer < layers; layer++) {
      int[] wishes = new int[experts];
      int[] held = new int[members.length];
      for (int expert = 0; expert < experts; expert++) {
        wishes[expert] = formerOwner(before, layer * experts + expert, members);
        if (wishes[expert] != NOBODY) {
          held[wishes[expert]]++;
        }
      }
      int[] room = rooms(experts, held, extras);
      for (int expert = 0; expert < experts; expert++) {
        int member = wishes[expert];
        boolean stays = member != NOBODY && room[member] > 0;
        owners[layer * experts + expert] = stays ? members[member] : NOBODY;
        if (stays) {
          room[member]--;
        }
      }
      int next = 0;
      for (int slot = layer * experts; slot < (layer + 1) * experts; slot++) {
        if (owners[slot] == NOBODY) {
          while (room[next] == 0) {
            next++;
          }
          owners[slot] = members[next];
          room[next]--;
        }
      }
    }
    return owners;
  }

  /** Of the members that owned a slot before, the first; or nobody. */
  private static int formerOwner(int[][] before, int slot, int[] members) {
    for (int[] group : before) {
      int member = Arrays.binarySearch(members, group[slot]);
      if (member >= 0) {
        return member;
      }
    }
    return NOBODY;
  }

  /**
   * How many experts of a layer each member gets: all the same, and those one more that had the
   * fewest extras in the layers before, of these the ones that hold more of the layer already.
   *
   * @param extras of each member so far; counted on
   */
  private static int[] rooms(int experts, int[] held, int[] extras) {
    int[] rooms = new int[held.length];
    int even = experts / held.length;
    Arrays.fill(rooms, even);
    IntStream.range(0, held.length)
        .boxed()
        .sorted(
            Comparator.<Integer>comparingInt(member -> extras[member])
                .thenComparingInt(member -> held[member] > even ? 0 : 1))
        .limit(experts % held.length)
        .forEach(
            member -> {
              rooms[member]++;
              extras[member]++;
            });
    return rooms;
  }

  /** The GPU that computes an expert for the sequences of {@code asker}, which is there. */
  public GpuId owner(GpuId asker, int layer, int expert) {
    return new GpuId(owners[groupOf(asker)][layer * experts + expert]);
  }

  int groupOf(GpuId gpu) {
    int position = Arrays.binarySearch(gpus, gpu.index());
    if (position < 0) {
      throw new IllegalArgumentException(gpu + " is not in placement " + epoch);
    }
    return Math.min(position / degree, owners.length - 1);
  }

  /** Whether a GPU is there. */
  public boolean has(GpuId gpu) {
    return Arrays.binarySearch(gpus, gpu.index()) >= 0;
  }

  /** All slots that a GPU owns, by layer and expert; none where it is not there. */
  public List<Slot> slotsOf(GpuId gpu) {
    List<Slot> slots = new ArrayList<>();
    if (has(gpu)) {
      int[] group = owners[groupOf(gpu)];
      for (int slot = 0; slot < group.length; slot++) {
        if (group[slot] == gpu.index()) {
          slots.add(new Slot(slot / experts, slot % experts));
        }
      }
    }
    return slots;
  }

  /** The same for the wire. */
  @JsonValue
  public Packed packed() {
    int bits = bitsFor(degree);
    BitSet packed = new BitSet();
    int at = 0;
    for (int group = 0; group < owners.length; group++) {
      for (int owner : owners[group]) {
        int member = Arrays.binarySearch(gpus, owner) - group * degree;
        for (int bit = 0; bit < bits; bit++) {
          packed.set(at++, (member >> bit & 1) == 1);
        }
      }
    }
    return new Packed(epoch, degree, layers, experts, gpus, packed.toByteArray());
  }

  /**
   * A placement from the wire.
   *
   * @throws IllegalArgumentException if it is none
   */
  @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
  public static ExpertPlacement of(Packed packed) {
    int[] gpus = packed.gpus();
    int degree = packed.degree();
    long slots = (long) packed.layers() * packed.experts();
    if (packed.layers() < 1
        || packed.experts() < 1
        || degree < 1
        || degree > gpus.length
        || slots * gpus.length > MAX_SLOTS) {
      throw new IllegalArgumentException(
          "%d layers of %d experts on %d GPUs in groups of %d are no placement"
              .formatted(packed.layers(), packed.experts(), gpus.length, degree));
    }
    int bits = bitsFor(degree);
    BitSet members = BitSet.valueOf(packed.members());
    int[][] owners = new int[gpus.length / degree][(int) slots];
    int at = 0;
    for (int group = 0; group < owners.length; group++) {
      for (int slot = 0; slot < slots; slot++) {
        int member = 0;
        for (int bit = 0; bit < bits; bit++) {
          member |= members.get(at++) ? 1 << bit : 0;
        }
        if (member >= degree) {
          throw new IllegalArgumentException(
              "a group has members 0 to %d, not %d".formatted(degree - 1, member));
        }
        owners[group][slot] = gpus[group * degree + member];
      }
    }
    return new ExpertPlacement(
        packed.epoch(), degree, packed.layers(), packed.experts(), gpus, owners);
  }

  private static int bitsFor(int degree) {
    return Integer.SIZE - Integer.numberOfLeadingZeros(degree - 1);
  }
}
