/**
 * What goes from one JVM of a rack to another, as bytes. Codecs ({@link
 * io.rack72.wire.BundleCodec}, {@link io.rack72.wire.SegmentCodec}, {@link
 * io.rack72.wire.SequenceCodec}, {@link io.rack72.wire.StreamCodec}) know no actor system;
 * serializers put them into Pekko's remoting, where {@code pekko-wire.conf} names them. A reader
 * believes nothing: whatever bytes it is given, it makes a message of them or throws {@link
 * io.rack72.wire.WireFormatException}, and allocates no array that the bytes do not fill.
 *
 * <p>All numbers are little-endian. A float is its raw bits. A text is its number of UTF-16 code
 * units (int32) and these, 2 bytes each, so that any Java string survives. There is one encoding of
 * each message: what can be read is written again as the same bytes.
 */
package io.rack72.wire;
