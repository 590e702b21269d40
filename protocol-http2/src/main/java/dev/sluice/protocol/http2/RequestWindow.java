// SPDX-License-Identifier: Apache-2.0
package dev.sluice.protocol.http2;

import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;

/**
 * What a client may send of one body, and what of it was taken and not given back. Made for the
 * first part that is not the last. On the connection's loop.
 */
final class RequestWindow {

  /** What waits for a handler beside the window, before the client is given back no more. */
  private static final int BESIDE = 32 << 10;

  /** The same where the node has no room for that. */
  private static final int LITTLE_BESIDE = 1 << 10;

  private final ReceivingWindows windows;
  private final Http2Exchange exchange;
  private final Http2Stream stream;

  /** What may still come, or wait beside the window, so that the node has to have room for it. */
  private long share;

  /** Of the share: for what is going to be gathered. */
  private long prepaid;

  private int beside;
  private long mayWiden;
  private boolean held;
  private boolean waits;
  private boolean closed;
  private int owed;

  RequestWindow(ReceivingWindows windows, Http2Exchange exchange, Http2Stream stream) {
    this.windows = windows;
    this.exchange = exchange;
    this.stream = stream;
    long declared = exchange.request().contentLength();
    long most = declared < 0 ? Long.MAX_VALUE : declared;
    this.share = Math.min(windows.first(), most);
    this.mayWiden = Math.min(windows.more(), most - share);
    windows.promise(share);
    if (windows.promiseMore(BESIDE)) {
      this.beside = BESIDE;
      this.share += BESIDE;
    } else {
      this.beside = LITTLE_BESIDE;
    }
  }

  Http2Stream stream() {
    return stream;
  }

  int beside() {
    return beside;
  }

  long mayWiden() {
    return mayWiden;
  }

  void widened(long by) {
    mayWiden -= by;
    share += by;
  }

  // ---- what comes

  void moreToCome() throws Http2Exception {
    if (mayWiden > 0) {
      windows.widen(this);
    }
  }

  /** A part has come. How much of the window may be given back at once. */
  int arrived(int bytes) {
    boolean gathering = exchange.gathering();
    if (!held && !waits && !gathering) {
      // It has gone on to its handler, or waits for it as part of what is promised beside.
      return bytes;
    }
    less(bytes);
    if (!held && !waits && mayGather(bytes)) {
      return bytes;
    }
    owed += bytes;
    if (!held && !waits) {
      awaitRoom();
    }
    return 0;
  }

  private void less(long bytes) {
    long by = Math.min(share, bytes);
    share -= by;
    windows.takeBack(by);
  }

  /** The last of it has come, or nobody hears of it any more. */
  void close() {
    endWait();
    closed = true;
    long all = share;
    share = 0;
    windows.takeBack(all);
  }

  // ---- what is given back

  /** Whether the client waits for its handler, or for room. */
  boolean isHeld() {
    return held || waits;
  }

  void hold() {
    held = true;
  }

  void release() {
    held = false;
    if (waits) {
      return;
    }
    if (owed == 0 || closed) {
      return;
    }
    if (!exchange.gathering()) {
      promiseOwed();
      giveBack();
    } else if (mayGather(owed)) {
      giveBack();
    } else {
      awaitRoom();
    }
  }

  /** What was taken may come again, whatever room there is: its handler reads. */
  private void promiseOwed() {
    share += owed;
    windows.promise(owed);
  }

  private void awaitRoom() {
    waits = true;
    if (beside == BESIDE && exchange.gathering()) {
      // What is gathered waits for no handler; and who waits for room should not keep any.
      beside = LITTLE_BESIDE;
      less(BESIDE - LITTLE_BESIDE);
    }
    windows.await(this);
  }

  private void endWait() {
    if (waits) {
      waits = false;
      windows.forget(this);
    }
  }

  /** Whether it need not wait for room any longer. */
  boolean hasRoom() {
    if (!exchange.gathering()) {
      promiseOwed();
      return true;
    }
    return mayGather(owed);
  }

  /** What it has been promised, and does not need once it has given up. */
  long share() {
    return share;
  }

  /** There is none, and will be none soon. */
  void giveUp() {
    exchange.findsNoRoom();
  }

  void goOn() {
    waits = false;
    if (!held) {
      giveBack();
    }
  }

  private void giveBack() {
    int bytes = owed;
    owed = 0;
    if (bytes > 0) {
      exchange.windowAgain(bytes);
    }
  }

  /** What has come is kept. Whether as much may come again: then that is promised. */
  private boolean mayGather(int bytes) {
    if (prepaid >= bytes) {
      prepaid -= bytes;
      return true;
    }
    if (windows.promisePart(bytes)) {
      share += bytes;
      return true;
    }
    long rest = Math.max(bytes, exchange.mostToGather() - prepaid);
    if (!windows.promiseRest(rest)) {
      return false;
    }
    share += rest;
    prepaid += rest - bytes;
    return true;
  }
}
