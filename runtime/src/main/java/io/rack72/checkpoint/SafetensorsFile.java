package io.rack72.checkpoint;

import java.io.EOFException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * A safetensors file, mapped into memory: 8 bytes of little-endian header length, a JSON header,
 * and the tensors' data. The file may be larger than 4 GB. No alignment is assumed: a header may
 * have any length, so a tensor may begin at an odd address.
 *
 * <p>Immutable and thread-safe. The memory is valid until the arena is closed. A file that is made
 * shorter while it is mapped makes an access from Java fail with an {@link InternalError}; one from
 * a native kernel ends the process. So checkpoints in use are replaced, never written to.
 */
final class SafetensorsFile {
  /**
   * The format's own limit. It keeps a made-up length from reserving gigabytes before the JSON is
   * looked at.
   */
  static final long MAX_HEADER_BYTES = 100_000_000;

  private final Path path;
  private final byte[] header;
  private final SequencedMap<String, TensorEntry> tensors;
  private final MemorySegment data;

  private SafetensorsFile(
      Path path, byte[] header, SequencedMap<String, TensorEntry> tensors, MemorySegment data) {
    this.path = path;
    this.header = header;
    this.tensors = tensors;
    this.data = data;
  }

  /**
   * Reads and checks the header and maps the data.
   *
   * @param arena owns the mapping
   * @throws CheckpointException if the file cannot be read or is not a well-formed safetensors file
   */
  static SafetensorsFile open(Path path, Arena arena) {
    if (!Files.exists(path)) {
      throw new CheckpointException(path + " is missing");
    }
    if (!Files.isRegularFile(path)) {
      throw new CheckpointException(path + " is not a file");
    }
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      long fileBytes = channel.size();
      byte[] header = readHeader(path, channel, fileBytes);
      long dataBegin = Long.BYTES + (long) header.length;
      long dataBytes = fileBytes - dataBegin;
      SequencedMap<String, TensorEntry> tensors =
          SafetensorsHeaderParser.parse(path, header, dataBytes);
      MemorySegment data = channel.map(FileChannel.MapMode.READ_ONLY, dataBegin, dataBytes, arena);
      return new SafetensorsFile(path, header, tensors, data);
    } catch (IOException e) {
      throw CheckpointException.unreadable(path, e);
    }
  }

  private static byte[] readHeader(Path path, FileChannel channel, long fileBytes)
      throws IOException {
    if (fileBytes < Long.BYTES) {
      throw new CheckpointException(
          path + " has " + fileBytes + " bytes, too few for a safetensors file");
    }
    long headerBytes = readFully(channel, 0, Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).getLong();
    if (headerBytes < 0 || headerBytes > MAX_HEADER_BYTES) {
      throw new CheckpointException(
          "%s claims a header of %s bytes, more than the %d that a safetensors file may have"
              .formatted(path, Long.toUnsignedString(headerBytes), MAX_HEADER_BYTES));
    }
    if (headerBytes > fileBytes - Long.BYTES) {
      throw new CheckpointException(
          "%s claims a header of %d bytes, but the file has only %d"
              .formatted(path, headerBytes, fileBytes));
    }
    return readFully(channel, Long.BYTES, (int) headerBytes).array();
  }

  private static ByteBuffer readFully(FileChannel channel, long position, int bytes)
      throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(bytes);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, position + buffer.position()) < 0) {
        throw new EOFException("the file became shorter while it was read");
      }
    }
    return buffer.flip();
  }

  Path path() {
    return path;
  }

  /** The header's bytes; the caller does not change them. */
  byte[] header() {
    return header;
  }

  /** Size of the file. */
  long bytes() {
    return Long.BYTES + header.length + data.byteSize();
  }

  /** All tensors, in the order of their data. */
  Collection<TensorEntry> tensors() {
    return Collections.unmodifiableCollection(tensors.values());
  }

  Optional<TensorEntry> tensor(String name) {
    return Optional.ofNullable(tensors.get(name));
  }

  /** The data of one of this file's tensors. */
  MemorySegment data(TensorEntry tensor) {
    return data.asSlice(tensor.begin(), tensor.bytes());
  }

  /**
   * Bytes from the middle of every part of every tensor, in the order of the data. They are read
   * from the file and not through the mapping: a page fault may read megabytes ahead, and there are
   * thousands of them.
   *
   * @param maxBytes length of a sample, where the part is not shorter
   * @param partBytes length of a part; the last one of a tensor may be shorter
   * @throws CheckpointException if the file can no longer be read
   */
  List<byte[]> readSamples(int maxBytes, long partBytes) {
    List<byte[]> samples = new ArrayList<>(tensors.size());
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      for (TensorEntry tensor : tensors.values()) {
        long first = Long.BYTES + header.length + tensor.begin();
        for (long part = 0; part < tensor.bytes(); part += partBytes) {
          long length = Math.min(partBytes, tensor.bytes() - part);
          int bytes = (int) Math.min(maxBytes, length);
          long begin = first + part + (length - bytes) / 2;
          samples.add(readFully(channel, begin, bytes).array());
        }
      }
    } catch (IOException e) {
      throw CheckpointException.unreadable(path, e);
    }
    return samples;
  }
}
