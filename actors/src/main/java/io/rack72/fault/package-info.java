/**
 * What can go wrong in a rack, as data: one hierarchy of records for racks of real processes and
 * for racks in virtual time. Nothing here does harm; who carries a fault out is said at each.
 */
package io.rack72.fault;
