/**
 * Where a rack runs and with what limits: HOCON in, validated records out. Nothing outside this
 * package reads a HOCON key.
 */
package io.rack72.config;
