package io.rack72.kv;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;

class BlockHasherTest {
  private static final int[] IDS = {7, 0, -1, 200_000, 5, 6, 7, 8, 9};
  private static final IntUnaryOperator TEXT = text(IDS);

  private final BlockHasher hasher = new BlockHasher(3);

  @Test
  void namesAreSha256OfTheNameBeforeAndTheTokens() throws GeneralSecurityException, IOException {
    byte[] root = sha256("rack72 prefix:grün".getBytes(StandardCharsets.UTF_8));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream text = new DataOutputStream(bytes);
    text.write(root);
    for (int token : new int[] {200_000, 5, 6}) {
      text.writeInt(token);
    }
    assertEquals(hash(root), hasher.root("grün"));
    assertEquals(hash(sha256(bytes.toByteArray())), hasher.next(hasher.root("grün"), TEXT, 3));
  }

  @Test
  void anotherTokenSaltOrBlockBeforeIsAnotherName() {
    BlockHash root = hasher.root("");
    Set<BlockHash> names = new HashSet<>();
    names.add(root);
    names.add(hasher.root("a"));
    names.add(hasher.root("b"));
    names.add(hasher.next(root, TEXT, 0));
    names.add(hasher.next(hasher.root("a"), TEXT, 0));
    names.add(hasher.next(hasher.next(root, TEXT, 0), TEXT, 0));
    for (int i = 0; i < 3; i++) {
      int[] other = IDS.clone();
      other[i]++;
      names.add(hasher.next(root, text(other), 0));
    }
    names.add(hasher.next(root, text(0, 7, -1), 0));
    assertEquals(10, names.size());
    int[] later = IDS.clone();
    later[3]++;
    assertEquals(hasher.next(root, TEXT, 0), hasher.next(root, text(later), 0));
  }

  @Test
  void aSequencesNamesAreThoseOfItsWholeBlocksOnly() {
    BlockNames names = new BlockNames(hasher, 3, true, "a");
    BlockHash first = hasher.next(hasher.root("a"), TEXT, 0);
    BlockHash second = hasher.next(first, TEXT, 3);
    assertEquals(List.of(), names.of(TEXT, 2));
    assertEquals(List.of(first), names.of(TEXT, 3));
    assertEquals(List.of(first, second), names.of(TEXT, 8));
    assertEquals(List.of(first), names.of(TEXT, 5), "fewer tokens may be asked for later");
    assertEquals(3, names.of(TEXT, 9).size());
  }

  @Test
  void nothingHasANameWherePrefixesAreNotShared() {
    assertEquals(List.of(), new BlockNames(hasher, 3, false, "").of(TEXT, 9));
  }

  @Test
  void namesOfTheSameTextAreTheSameWhoeverAsks() {
    List<BlockHash> names = new BlockNames(hasher, 3, true, "").of(TEXT, 9);
    assertEquals(names, new BlockNames(new BlockHasher(3), 3, true, "").of(text(IDS.clone()), 9));
    assertNotEquals(names, new BlockNames(hasher, 3, true, "a").of(TEXT, 9));
    assertTrue(names.getFirst().hashCode() != names.getLast().hashCode());
  }

  @Test
  void copiesGoOnByThemselvesAndWhatWasAskedForStays() {
    BlockNames prompt = new BlockNames(hasher, 3, true, "");
    List<BlockHash> ofPrompt = prompt.of(TEXT, 3);
    IntUnaryOperator other = text(7, 0, -1, 1, 2, 3);
    BlockNames first = prompt.copy();
    BlockNames second = prompt.copy();
    List<BlockHash> ofFirst = first.of(TEXT, 6);
    List<BlockHash> ofSecond = second.of(other, 6);
    BlockNames third = first.copy();
    List<BlockHash> ofThird = third.of(TEXT, 9);
    assertEquals(new BlockNames(hasher, 3, true, "").of(TEXT, 3), ofPrompt);
    assertEquals(new BlockNames(hasher, 3, true, "").of(TEXT, 6), ofFirst);
    assertEquals(new BlockNames(hasher, 3, true, "").of(other, 6), ofSecond);
    assertEquals(new BlockNames(hasher, 3, true, "").of(TEXT, 9), ofThird);
    assertEquals(ofThird, first.of(TEXT, 9));
  }

  private static IntUnaryOperator text(int... ids) {
    return position -> ids[position];
  }

  private static byte[] sha256(byte[] text) throws GeneralSecurityException {
    return MessageDigest.getInstance("SHA-256").digest(text);
  }

  private static BlockHash hash(byte[] digest) {
    ByteBuffer words = ByteBuffer.wrap(digest);
    return new BlockHash(words.getLong(), words.getLong(), words.getLong(), words.getLong());
  }
}
