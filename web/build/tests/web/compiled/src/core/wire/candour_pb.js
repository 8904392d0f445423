// The wire protocol between the relay and everything that connects to it: `candour.v1`.
//
// One WebSocket binary message carries one frame. Whatever is signed or hashed travels as opaque
// `bytes` and is never re-encoded. Unknown fields survive. Lengths and counts are bounded by
// base/limits.h; ids are raw bytes of the length of their type (device 32, group 16, message 16,
// record 16, digests 32).
import { enumDesc, fileDesc, messageDesc } from "@bufbuild/protobuf/codegenv2";
/**
 * Describes the file candour.proto.
 */
export const file_candour = /*@__PURE__*/ fileDesc("Cg1jYW5kb3VyLnByb3RvEgpjYW5kb3VyLnYxIokICgtDbGllbnRGcmFtZRIPCgdyZXF1ZXN0GAEgASgEEiIKBWxvZ2luGAIgASgLMhEuY2FuZG91ci52MS5Mb2dpbkgAEiQKBnN1Ym1pdBgDIAEoCzISLmNhbmRvdXIudjEuU3VibWl0SAASLwoMZGVsaXZlcnlfYWNrGAQgASgLMhcuY2FuZG91ci52MS5EZWxpdmVyeUFja0gAEicKCG1haWxfYWNrGAUgASgLMhMuY2FuZG91ci52MS5NYWlsQWNrSAASNgoQcHV0X2tleV9wYWNrYWdlcxgGIAEoCzIaLmNhbmRvdXIudjEuUHV0S2V5UGFja2FnZXNIABImCgdwdWJsaXNoGAcgASgLMhMuY2FuZG91ci52MS5QdWJsaXNoSAASKwoKbm90aWNlX2FjaxgIIAEoCzIVLmNhbmRvdXIudjEuTm90aWNlQWNrSAASJwoIYm90X21haWwYCSABKAsyEy5jYW5kb3VyLnYxLkJvdE1haWxIABIxCg1nZXRfZGlyZWN0b3J5GAogASgLMhguY2FuZG91ci52MS5HZXREaXJlY3RvcnlIABIpCglnZXRfcHJvb2YYCyABKAsyFC5jYW5kb3VyLnYxLkdldFByb29mSAASIAoEcGluZxgMIAEoCzIQLmNhbmRvdXIudjEuUGluZ0gAEjUKD3B1Ymxpc2hfb3BlbmluZxgNIAEoCzIaLmNhbmRvdXIudjEuUHVibGlzaE9wZW5pbmdIABIvCgxnZXRfb3BlbmluZ3MYDiABKAsyFy5jYW5kb3VyLnYxLkdldE9wZW5pbmdzSAASJAoGdW5zZWFsGA8gASgLMhIuY2FuZG91ci52MS5VbnNlYWxIABItCgtnZXRfcmVjb3JkcxgQIAEoCzIWLmNhbmRvdXIudjEuR2V0UmVjb3Jkc0gAEi0KC2dldF9yb3N0ZXJzGBEgASgLMhYuY2FuZG91ci52MS5HZXRSb3N0ZXJzSAASLQoLZ2V0X2VudHJpZXMYEiABKAsyFi5jYW5kb3VyLnYxLkdldEVudHJpZXNIABIlCgdnZXRfbG9nGBMgASgLMhIuY2FuZG91ci52MS5HZXRMb2dIABImCgd2ZXJkaWN0GBQgASgLMhMuY2FuZG91ci52MS5WZXJkaWN0SAASMQoNYXBwZW5kX3JlY29yZBgVIAEoCzIYLmNhbmRvdXIudjEuQXBwZW5kUmVjb3JkSAASOgoSZmV0Y2hfa2V5X3BhY2thZ2VzGBYgASgLMhwuY2FuZG91ci52MS5GZXRjaEtleVBhY2thZ2VzSAASLgoLY29zaWduYXR1cmUYFyABKAsyFy5jYW5kb3VyLnYxLkNvc2lnbmF0dXJlSABCBgoEYm9keSJ4CgVMb2dpbhIPCgd2ZXJzaW9uGAEgASgNEg4KBmRldmljZRgCIAEoDBIQCghyb2xlX2tleRgDIAEoCRIUCgxjbGllbnRfYnVpbGQYBCABKAkSEQoJc2lnbmF0dXJlGAUgASgMEhMKC2NlcnRpZmljYXRlGAYgASgMIpwBCgZTdWJtaXQSDwoHdmVyc2lvbhgBIAEoDRINCgVncm91cBgCIAEoDBISCgptZXNzYWdlX2lkGAMgASgMEg0KBWVwb2NoGAQgASgEEigKBGtpbmQYBSABKA4yGi5jYW5kb3VyLnYxLlN1Ym1pc3Npb25LaW5kEhIKCmNpcGhlcnRleHQYBiABKAwSEQoJYm90X2ZpZWxkGAcgASgMIikKC0RlbGl2ZXJ5QWNrEg0KBWdyb3VwGAEgASgMEgsKA3NlcRgCIAEoBCIaCgdNYWlsQWNrEg8KB3Rocm91Z2gYASABKAQiTAoOUHV0S2V5UGFja2FnZXMSFAoMa2V5X3BhY2thZ2VzGAEgAygMEg8KB3JlcGxhY2UYAiABKAgSEwoLbGFzdF9yZXNvcnQYAyABKAwiPwoHUHVibGlzaBIkCgRraW5kGAEgASgOMhYuY2FuZG91ci52MS5PYmplY3RLaW5kEg4KBm9iamVjdBgCIAEoDCIbCglOb3RpY2VBY2sSDgoGb2JqZWN0GAEgASgMIioKB0JvdE1haWwSDwoHbWFpbF9pZBgBIAEoDBIOCgZzZWFsZWQYAiABKAwiHAoMR2V0RGlyZWN0b3J5EgwKBGZyb20YASABKAQicgoIR2V0UHJvb2YSEQoJbGVhZl9oYXNoGAEgASgMEhgKEGNvbnNpc3RlbmN5X2Zyb20YAiABKAQSEwoLcmFuZ2VfZmlyc3QYAyABKAQSEQoJcmFuZ2VfZW5kGAQgASgEEhEKCXRyZWVfc2l6ZRgFIAEoBCIGCgRQaW5nIksKDlB1Ymxpc2hPcGVuaW5nEg4KBm5vdGljZRgBIAEoDBIpCgZjb3BpZXMYAiADKAsyGS5jYW5kb3VyLnYxLk92ZXJzaWdodENvcHkiMAoNT3ZlcnNpZ2h0Q29weRIPCgdhdWRpdG9yGAEgASgJEg4KBnNlYWxlZBgCIAEoDCIbCgtHZXRPcGVuaW5ncxIMCgRmcm9tGAEgASgEIjkKBlVuc2VhbBIOCgZudW1iZXIYASABKAQSDgoGb2JqZWN0GAIgASgMEg8KB29wZW5pbmcYAyABKAwiZQoKR2V0UmVjb3JkcxIOCgZncm91cHMYASADKAwSDwoHc2VuZGVycxgCIAMoDBIPCgdmcm9tX21zGAMgASgEEhAKCHVudGlsX21zGAQgASgEEhMKC2ZpcnN0X2luZGV4GAUgASgEIgwKCkdldFJvc3RlcnMiKAoKR2V0RW50cmllcxINCgVmaXJzdBgBIAEoBBILCgNlbmQYAiABKAQiJAoGR2V0TG9nEg0KBWZpcnN0GAEgASgEEgsKA2VuZBgCIAEoBCJNCghMb2dFbnRyeRIRCglyZWNvcmRfaWQYASABKAwSDQoFZW50cnkYAiABKAwSDwoHb3BlbmluZxgDIAEoDBIOCgZyZWNvcmQYBCABKAwiVwoETWFpbBIOCgZkZXZpY2UYASABKAwSIgoEa2luZBgCIAEoDjIULmNhbmRvdXIudjEuTWFpbEtpbmQSDAoEYm9keRgDIAEoDBINCgVhYm91dBgEIAEoDCJ5CgtXZWxjb21lTWFpbBINCgVncm91cBgBIAEoDBIPCgd3ZWxjb21lGAIgASgMEg0KBXRva2VuGAMgASgMEg4KBnJvc3RlchgEIAEoDBISCgpncm91cF9pbmZvGAUgASgMEhcKD2tleV9wYWNrYWdlX3JlZhgGIAEoDCLIAQoHVmVyZGljdBINCgVncm91cBgBIAEoDBISCgpzdWJtaXNzaW9uGAIgASgEEhIKCm1lc3NhZ2VfaWQYAyABKAwSJAoHb3V0Y29tZRgEIAEoDjITLmNhbmRvdXIudjEuT3V0Y29tZRINCgV0b2tlbhgFIAEoDBIhCgNsb2cYBiADKAsyFC5jYW5kb3VyLnYxLkxvZ0VudHJ5Eh4KBG1haWwYByADKAsyEC5jYW5kb3VyLnYxLk1haWwSDgoGcm9zdGVyGAggASgMIlEKDEFwcGVuZFJlY29yZBIhCgNsb2cYASABKAsyFC5jYW5kb3VyLnYxLkxvZ0VudHJ5Eh4KBG1haWwYAiADKAsyEC5jYW5kb3VyLnYxLk1haWwiIwoQRmV0Y2hLZXlQYWNrYWdlcxIPCgdkZXZpY2VzGAEgAygMIikKC0Nvc2lnbmF0dXJlEgwKBHNpemUYASABKAQSDAoEbGluZRgCIAEoCSKeBwoLU2VydmVyRnJhbWUSEAoIcmVwbHlfdG8YASABKAQSKgoJY2hhbGxlbmdlGAIgASgLMhUuY2FuZG91ci52MS5DaGFsbGVuZ2VIABIpCglsb2dnZWRfaW4YAyABKAsyFC5jYW5kb3VyLnYxLkxvZ2dlZEluSAASJgoHZmFpbHVyZRgEIAEoCzITLmNhbmRvdXIudjEuRmFpbHVyZUgAEiAKBGRvbmUYBSABKAsyEC5jYW5kb3VyLnYxLkRvbmVIABIqCglzdWJtaXR0ZWQYBiABKAsyFS5jYW5kb3VyLnYxLlN1Ym1pdHRlZEgAEiYKB2RlbGl2ZXIYByABKAsyEy5jYW5kb3VyLnYxLkRlbGl2ZXJIABIkCgRtYWlsGAggASgLMhQuY2FuZG91ci52MS5NYWlsSXRlbUgAEioKCWRpcmVjdG9yeRgJIAEoCzIVLmNhbmRvdXIudjEuRGlyZWN0b3J5SAASIgoFcHJvb2YYCiABKAsyES5jYW5kb3VyLnYxLlByb29mSAASLwoMYm90X3ByZXNlbmNlGAsgASgLMhcuY2FuZG91ci52MS5Cb3RQcmVzZW5jZUgAEiAKBHBvbmcYDCABKAsyEC5jYW5kb3VyLnYxLlBvbmdIABIsCgpjaGVja3BvaW50GA0gASgLMhYuY2FuZG91ci52MS5DaGVja3BvaW50SAASKAoIb3BlbmluZ3MYDiABKAsyFC5jYW5kb3VyLnYxLk9wZW5pbmdzSAASJgoHcmVjb3JkcxgPIAEoCzITLmNhbmRvdXIudjEuUmVjb3Jkc0gAEiYKB3Jvc3RlcnMYECABKAsyEy5jYW5kb3VyLnYxLlJvc3RlcnNIABImCgdlbnRyaWVzGBEgASgLMhMuY2FuZG91ci52MS5FbnRyaWVzSAASKQoJbG9nX2l0ZW1zGBIgASgLMhQuY2FuZG91ci52MS5Mb2dJdGVtc0gAEjIKDXJlc3luY2hyb25pc2UYEyABKAsyGS5jYW5kb3VyLnYxLlJlc3luY2hyb25pc2VIABIiCgVjaGVjaxgUIAEoCzIRLmNhbmRvdXIudjEuQ2hlY2tIABIvCgxrZXlfcGFja2FnZXMYFSABKAsyFy5jYW5kb3VyLnYxLktleVBhY2thZ2VzSAASMwoOY29zaWduX3JlcXVlc3QYFiABKAsyGS5jYW5kb3VyLnYxLkNvc2lnblJlcXVlc3RIAEIGCgRib2R5Ik8KCUNoYWxsZW5nZRIPCgd2ZXJzaW9uGAEgASgNEg0KBW5vbmNlGAIgASgMEhIKCmxvZ19vcmlnaW4YAyABKAkSDgoGc2VydmVyGAQgASgJIuIBCghMb2dnZWRJbhIUCgxrZXlfcGFja2FnZXMYASABKA0SDgoGbm90aWNlGAIgASgMEhsKE25vdGljZV9hY2tub3dsZWRnZWQYAyABKAgSEQoJZGlyZWN0b3J5GAQgASgEEiYKBmdyb3VwcxgFIAMoCzIWLmNhbmRvdXIudjEuR3JvdXBTdGF0ZRITCgtib3RfcHJlc2VudBgGIAEoCBISCgpjaGVja3BvaW50GAcgASgMEhYKDnNlcnZlcl90aW1lX21zGAggASgEEhcKD2xhc3RfcmVzb3J0X2R1ZRgJIAEoCCJ8CgpHcm91cFN0YXRlEg0KBWdyb3VwGAEgASgMEg0KBWVwb2NoGAIgASgEEgsKA3NlcRgDIAEoBBIOCgZjdXJzb3IYBCABKAQSDwoHc3RvcHBlZBgFIAEoCBISCgp0b2tlbl9oYXNoGAYgASgMEg4KBm9sZGVzdBgHIAEoBCIoCgdGYWlsdXJlEgwKBGNvZGUYASABKAkSDwoHbWVzc2FnZRgCIAEoCSIpCgREb25lEg4KBm51bWJlchgBIAEoBBIRCglkdXBsaWNhdGUYAiABKAgiRgoJU3VibWl0dGVkEhIKCm1lc3NhZ2VfaWQYASABKAwSEgoKc3VibWlzc2lvbhgCIAEoBBIRCglkdXBsaWNhdGUYAyABKAgiyQEKB0RlbGl2ZXISDQoFZ3JvdXAYASABKAwSCwoDc2VxGAIgASgEEg0KBWVwb2NoGAMgASgEEigKBGtpbmQYBCABKA4yGi5jYW5kb3VyLnYxLlN1Ym1pc3Npb25LaW5kEhIKCm1lc3NhZ2VfaWQYBSABKAwSDgoGc2VuZGVyGAYgASgMEhIKCnN1Ym1pc3Npb24YByABKAQSEgoKY2lwaGVydGV4dBgIIAEoDBINCgV0b2tlbhgJIAEoDBIOCgZyb3N0ZXIYCiABKAwiWwoITWFpbEl0ZW0SDgoGbnVtYmVyGAEgASgEEiIKBGtpbmQYAiABKA4yFC5jYW5kb3VyLnYxLk1haWxLaW5kEgwKBGJvZHkYAyABKAwSDQoFYWJvdXQYBCABKAwifAoPRGlyZWN0b3J5T2JqZWN0Eg4KBm51bWJlchgBIAEoBBIkCgRraW5kGAIgASgOMhYuY2FuZG91ci52MS5PYmplY3RLaW5kEg4KBm9iamVjdBgDIAEoDBISCgpsZWFmX2luZGV4GAQgASgEEg8KB29wZW5pbmcYBSABKAwiRwoJRGlyZWN0b3J5EiwKB29iamVjdHMYASADKAsyGy5jYW5kb3VyLnYxLkRpcmVjdG9yeU9iamVjdBIMCgRtb3JlGAIgASgIIj8KBVByb29mEhIKCmNoZWNrcG9pbnQYASABKAwSEgoKbGVhZl9pbmRleBgCIAEoBBIOCgZoYXNoZXMYAyADKAwigwEKC09wZW5pbmdJdGVtEg4KBm51bWJlchgBIAEoBBIOCgZub3RpY2UYAiABKAwSEgoKbGVhZl9pbmRleBgDIAEoBBIRCglsb2dnZWRfbXMYBCABKAQSDAoEY29weRgFIAEoDBIOCgZvYmplY3QYBiABKAwSDwoHb3BlbmluZxgHIAEoDCJACghPcGVuaW5ncxImCgVpdGVtcxgBIAMoCzIXLmNhbmRvdXIudjEuT3BlbmluZ0l0ZW0SDAoEbW9yZRgCIAEoCCJHChBTZWFsZWRSZWNvcmRJdGVtEhIKCmxlYWZfaW5kZXgYASABKAQSDwoHb3BlbmluZxgCIAEoDBIOCgZyZWNvcmQYAyABKAwicgoHUmVjb3JkcxIrCgVpdGVtcxgBIAMoCzIcLmNhbmRvdXIudjEuU2VhbGVkUmVjb3JkSXRlbRISCgpuZXh0X2luZGV4GAIgASgEEhMKC3JhbmdlX2ZpcnN0GAMgASgEEhEKCXJhbmdlX2VuZBgEIAEoBCJCCgdSb3N0ZXJzEg8KB3Jvc3RlcnMYASADKAwSJgoGZ3JvdXBzGAIgAygLMhYuY2FuZG91ci52MS5Hcm91cFN0YXRlIikKB0VudHJpZXMSDQoFZmlyc3QYASABKAQSDwoHZW50cmllcxgCIAEoDCKCAQoHTG9nSXRlbRINCgVlbnRyeRgBIAEoDBIPCgdvcGVuaW5nGAIgASgMEhEKCXJlY29yZF9pZBgDIAEoDBIOCgZyZWNvcmQYBCABKAwSJAoEa2luZBgFIAEoDjIWLmNhbmRvdXIudjEuT2JqZWN0S2luZBIOCgZvYmplY3QYBiABKAwiPQoITG9nSXRlbXMSDQoFZmlyc3QYASABKAQSIgoFaXRlbXMYAiADKAsyEy5jYW5kb3VyLnYxLkxvZ0l0ZW0iLgoNUmVzeW5jaHJvbmlzZRINCgVncm91cBgBIAEoDBIOCgZvbGRlc3QYAiABKAQiHgoLQm90UHJlc2VuY2USDwoHcHJlc2VudBgBIAEoCCIGCgRQb25nIhoKCkNoZWNrcG9pbnQSDAoEbm90ZRgBIAEoDCJkCgVDaGVjaxIiCgZzdWJtaXQYASABKAsyEi5jYW5kb3VyLnYxLlN1Ym1pdBISCgpzdWJtaXNzaW9uGAIgASgEEg4KBnNlbmRlchgDIAEoDBITCgthY2NlcHRlZF9tcxgEIAEoBCJBCgtLZXlQYWNrYWdlcxIyCgxrZXlfcGFja2FnZXMYASADKAsyHC5jYW5kb3VyLnYxLkRldmljZUtleVBhY2thZ2UiTAoQRGV2aWNlS2V5UGFja2FnZRIOCgZkZXZpY2UYASABKAwSEwoLa2V5X3BhY2thZ2UYAiABKAwSEwoLbGFzdF9yZXNvcnQYAyABKAgiRAoNQ29zaWduUmVxdWVzdBIQCghvbGRfc2l6ZRgBIAEoBBINCgVwcm9vZhgCIAMoDBISCgpjaGVja3BvaW50GAMgASgMKk4KDlN1Ym1pc3Npb25LaW5kEh8KG1NVQk1JU1NJT05fS0lORF9VTlNQRUNJRklFRBAAEg8KC0FQUExJQ0FUSU9OEAESCgoGQ09NTUlUEAIqoQEKCk9iamVjdEtpbmQSGwoXT0JKRUNUX0tJTkRfVU5TUEVDSUZJRUQQABINCglTVEFURU1FTlQQARIPCgtDRVJUSUZJQ0FURRACEg4KClJFVk9DQVRJT04QAxIKCgZQT0xJQ1kQBBIKCgZOT1RJQ0UQBRIOCgpOT1RJQ0VfQUNLEAYSDgoKU1VDQ0VTU0lPThAHEg4KCldFQl9CVU5ETEUQCCpUCghNYWlsS2luZBIZChVNQUlMX0tJTkRfVU5TUEVDSUZJRUQQABIJCgVSRVBMWRABEgkKBUFMRVJUEAISCwoHV0VMQ09NRRADEgoKBlRPX0JPVBAEKj0KB091dGNvbWUSFwoTT1VUQ09NRV9VTlNQRUNJRklFRBAAEgsKB1JFTEVBU0UQARIMCghXSVRISE9MRBACQgJIA2IGcHJvdG8z");
/**
 * Describes the message candour.v1.ClientFrame.
 * Use `create(ClientFrameSchema)` to create a new message.
 */
export const ClientFrameSchema = /*@__PURE__*/ messageDesc(file_candour, 0);
/**
 * Describes the message candour.v1.Login.
 * Use `create(LoginSchema)` to create a new message.
 */
export const LoginSchema = /*@__PURE__*/ messageDesc(file_candour, 1);
/**
 * Describes the message candour.v1.Submit.
 * Use `create(SubmitSchema)` to create a new message.
 */
export const SubmitSchema = /*@__PURE__*/ messageDesc(file_candour, 2);
/**
 * Describes the message candour.v1.DeliveryAck.
 * Use `create(DeliveryAckSchema)` to create a new message.
 */
export const DeliveryAckSchema = /*@__PURE__*/ messageDesc(file_candour, 3);
/**
 * Describes the message candour.v1.MailAck.
 * Use `create(MailAckSchema)` to create a new message.
 */
export const MailAckSchema = /*@__PURE__*/ messageDesc(file_candour, 4);
/**
 * Describes the message candour.v1.PutKeyPackages.
 * Use `create(PutKeyPackagesSchema)` to create a new message.
 */
export const PutKeyPackagesSchema = /*@__PURE__*/ messageDesc(file_candour, 5);
/**
 * Describes the message candour.v1.Publish.
 * Use `create(PublishSchema)` to create a new message.
 */
export const PublishSchema = /*@__PURE__*/ messageDesc(file_candour, 6);
/**
 * Describes the message candour.v1.NoticeAck.
 * Use `create(NoticeAckSchema)` to create a new message.
 */
export const NoticeAckSchema = /*@__PURE__*/ messageDesc(file_candour, 7);
/**
 * Describes the message candour.v1.BotMail.
 * Use `create(BotMailSchema)` to create a new message.
 */
export const BotMailSchema = /*@__PURE__*/ messageDesc(file_candour, 8);
/**
 * Describes the message candour.v1.GetDirectory.
 * Use `create(GetDirectorySchema)` to create a new message.
 */
export const GetDirectorySchema = /*@__PURE__*/ messageDesc(file_candour, 9);
/**
 * Describes the message candour.v1.GetProof.
 * Use `create(GetProofSchema)` to create a new message.
 */
export const GetProofSchema = /*@__PURE__*/ messageDesc(file_candour, 10);
/**
 * Describes the message candour.v1.Ping.
 * Use `create(PingSchema)` to create a new message.
 */
export const PingSchema = /*@__PURE__*/ messageDesc(file_candour, 11);
/**
 * Describes the message candour.v1.PublishOpening.
 * Use `create(PublishOpeningSchema)` to create a new message.
 */
export const PublishOpeningSchema = /*@__PURE__*/ messageDesc(file_candour, 12);
/**
 * Describes the message candour.v1.OversightCopy.
 * Use `create(OversightCopySchema)` to create a new message.
 */
export const OversightCopySchema = /*@__PURE__*/ messageDesc(file_candour, 13);
/**
 * Describes the message candour.v1.GetOpenings.
 * Use `create(GetOpeningsSchema)` to create a new message.
 */
export const GetOpeningsSchema = /*@__PURE__*/ messageDesc(file_candour, 14);
/**
 * Describes the message candour.v1.Unseal.
 * Use `create(UnsealSchema)` to create a new message.
 */
export const UnsealSchema = /*@__PURE__*/ messageDesc(file_candour, 15);
/**
 * Describes the message candour.v1.GetRecords.
 * Use `create(GetRecordsSchema)` to create a new message.
 */
export const GetRecordsSchema = /*@__PURE__*/ messageDesc(file_candour, 16);
/**
 * Describes the message candour.v1.GetRosters.
 * Use `create(GetRostersSchema)` to create a new message.
 */
export const GetRostersSchema = /*@__PURE__*/ messageDesc(file_candour, 17);
/**
 * Describes the message candour.v1.GetEntries.
 * Use `create(GetEntriesSchema)` to create a new message.
 */
export const GetEntriesSchema = /*@__PURE__*/ messageDesc(file_candour, 18);
/**
 * Describes the message candour.v1.GetLog.
 * Use `create(GetLogSchema)` to create a new message.
 */
export const GetLogSchema = /*@__PURE__*/ messageDesc(file_candour, 19);
/**
 * Describes the message candour.v1.LogEntry.
 * Use `create(LogEntrySchema)` to create a new message.
 */
export const LogEntrySchema = /*@__PURE__*/ messageDesc(file_candour, 20);
/**
 * Describes the message candour.v1.Mail.
 * Use `create(MailSchema)` to create a new message.
 */
export const MailSchema = /*@__PURE__*/ messageDesc(file_candour, 21);
/**
 * Describes the message candour.v1.WelcomeMail.
 * Use `create(WelcomeMailSchema)` to create a new message.
 */
export const WelcomeMailSchema = /*@__PURE__*/ messageDesc(file_candour, 22);
/**
 * Describes the message candour.v1.Verdict.
 * Use `create(VerdictSchema)` to create a new message.
 */
export const VerdictSchema = /*@__PURE__*/ messageDesc(file_candour, 23);
/**
 * Describes the message candour.v1.AppendRecord.
 * Use `create(AppendRecordSchema)` to create a new message.
 */
export const AppendRecordSchema = /*@__PURE__*/ messageDesc(file_candour, 24);
/**
 * Describes the message candour.v1.FetchKeyPackages.
 * Use `create(FetchKeyPackagesSchema)` to create a new message.
 */
export const FetchKeyPackagesSchema = /*@__PURE__*/ messageDesc(file_candour, 25);
/**
 * Describes the message candour.v1.Cosignature.
 * Use `create(CosignatureSchema)` to create a new message.
 */
export const CosignatureSchema = /*@__PURE__*/ messageDesc(file_candour, 26);
/**
 * Describes the message candour.v1.ServerFrame.
 * Use `create(ServerFrameSchema)` to create a new message.
 */
export const ServerFrameSchema = /*@__PURE__*/ messageDesc(file_candour, 27);
/**
 * Describes the message candour.v1.Challenge.
 * Use `create(ChallengeSchema)` to create a new message.
 */
export const ChallengeSchema = /*@__PURE__*/ messageDesc(file_candour, 28);
/**
 * Describes the message candour.v1.LoggedIn.
 * Use `create(LoggedInSchema)` to create a new message.
 */
export const LoggedInSchema = /*@__PURE__*/ messageDesc(file_candour, 29);
/**
 * Describes the message candour.v1.GroupState.
 * Use `create(GroupStateSchema)` to create a new message.
 */
export const GroupStateSchema = /*@__PURE__*/ messageDesc(file_candour, 30);
/**
 * Describes the message candour.v1.Failure.
 * Use `create(FailureSchema)` to create a new message.
 */
export const FailureSchema = /*@__PURE__*/ messageDesc(file_candour, 31);
/**
 * Describes the message candour.v1.Done.
 * Use `create(DoneSchema)` to create a new message.
 */
export const DoneSchema = /*@__PURE__*/ messageDesc(file_candour, 32);
/**
 * Describes the message candour.v1.Submitted.
 * Use `create(SubmittedSchema)` to create a new message.
 */
export const SubmittedSchema = /*@__PURE__*/ messageDesc(file_candour, 33);
/**
 * Describes the message candour.v1.Deliver.
 * Use `create(DeliverSchema)` to create a new message.
 */
export const DeliverSchema = /*@__PURE__*/ messageDesc(file_candour, 34);
/**
 * Describes the message candour.v1.MailItem.
 * Use `create(MailItemSchema)` to create a new message.
 */
export const MailItemSchema = /*@__PURE__*/ messageDesc(file_candour, 35);
/**
 * Describes the message candour.v1.DirectoryObject.
 * Use `create(DirectoryObjectSchema)` to create a new message.
 */
export const DirectoryObjectSchema = /*@__PURE__*/ messageDesc(file_candour, 36);
/**
 * Describes the message candour.v1.Directory.
 * Use `create(DirectorySchema)` to create a new message.
 */
export const DirectorySchema = /*@__PURE__*/ messageDesc(file_candour, 37);
/**
 * Describes the message candour.v1.Proof.
 * Use `create(ProofSchema)` to create a new message.
 */
export const ProofSchema = /*@__PURE__*/ messageDesc(file_candour, 38);
/**
 * Describes the message candour.v1.OpeningItem.
 * Use `create(OpeningItemSchema)` to create a new message.
 */
export const OpeningItemSchema = /*@__PURE__*/ messageDesc(file_candour, 39);
/**
 * Describes the message candour.v1.Openings.
 * Use `create(OpeningsSchema)` to create a new message.
 */
export const OpeningsSchema = /*@__PURE__*/ messageDesc(file_candour, 40);
/**
 * Describes the message candour.v1.SealedRecordItem.
 * Use `create(SealedRecordItemSchema)` to create a new message.
 */
export const SealedRecordItemSchema = /*@__PURE__*/ messageDesc(file_candour, 41);
/**
 * Describes the message candour.v1.Records.
 * Use `create(RecordsSchema)` to create a new message.
 */
export const RecordsSchema = /*@__PURE__*/ messageDesc(file_candour, 42);
/**
 * Describes the message candour.v1.Rosters.
 * Use `create(RostersSchema)` to create a new message.
 */
export const RostersSchema = /*@__PURE__*/ messageDesc(file_candour, 43);
/**
 * Describes the message candour.v1.Entries.
 * Use `create(EntriesSchema)` to create a new message.
 */
export const EntriesSchema = /*@__PURE__*/ messageDesc(file_candour, 44);
/**
 * Describes the message candour.v1.LogItem.
 * Use `create(LogItemSchema)` to create a new message.
 */
export const LogItemSchema = /*@__PURE__*/ messageDesc(file_candour, 45);
/**
 * Describes the message candour.v1.LogItems.
 * Use `create(LogItemsSchema)` to create a new message.
 */
export const LogItemsSchema = /*@__PURE__*/ messageDesc(file_candour, 46);
/**
 * Describes the message candour.v1.Resynchronise.
 * Use `create(ResynchroniseSchema)` to create a new message.
 */
export const ResynchroniseSchema = /*@__PURE__*/ messageDesc(file_candour, 47);
/**
 * Describes the message candour.v1.BotPresence.
 * Use `create(BotPresenceSchema)` to create a new message.
 */
export const BotPresenceSchema = /*@__PURE__*/ messageDesc(file_candour, 48);
/**
 * Describes the message candour.v1.Pong.
 * Use `create(PongSchema)` to create a new message.
 */
export const PongSchema = /*@__PURE__*/ messageDesc(file_candour, 49);
/**
 * Describes the message candour.v1.Checkpoint.
 * Use `create(CheckpointSchema)` to create a new message.
 */
export const CheckpointSchema = /*@__PURE__*/ messageDesc(file_candour, 50);
/**
 * Describes the message candour.v1.Check.
 * Use `create(CheckSchema)` to create a new message.
 */
export const CheckSchema = /*@__PURE__*/ messageDesc(file_candour, 51);
/**
 * Describes the message candour.v1.KeyPackages.
 * Use `create(KeyPackagesSchema)` to create a new message.
 */
export const KeyPackagesSchema = /*@__PURE__*/ messageDesc(file_candour, 52);
/**
 * Describes the message candour.v1.DeviceKeyPackage.
 * Use `create(DeviceKeyPackageSchema)` to create a new message.
 */
export const DeviceKeyPackageSchema = /*@__PURE__*/ messageDesc(file_candour, 53);
/**
 * Describes the message candour.v1.CosignRequest.
 * Use `create(CosignRequestSchema)` to create a new message.
 */
export const CosignRequestSchema = /*@__PURE__*/ messageDesc(file_candour, 54);
/**
 * @generated from enum candour.v1.SubmissionKind
 */
export var SubmissionKind;
(function (SubmissionKind) {
    /**
     * @generated from enum value: SUBMISSION_KIND_UNSPECIFIED = 0;
     */
    SubmissionKind[SubmissionKind["SUBMISSION_KIND_UNSPECIFIED"] = 0] = "SUBMISSION_KIND_UNSPECIFIED";
    /**
     * @generated from enum value: APPLICATION = 1;
     */
    SubmissionKind[SubmissionKind["APPLICATION"] = 1] = "APPLICATION";
    /**
     * @generated from enum value: COMMIT = 2;
     */
    SubmissionKind[SubmissionKind["COMMIT"] = 2] = "COMMIT";
})(SubmissionKind || (SubmissionKind = {}));
/**
 * Describes the enum candour.v1.SubmissionKind.
 */
export const SubmissionKindSchema = /*@__PURE__*/ enumDesc(file_candour, 0);
/**
 * @generated from enum candour.v1.ObjectKind
 */
export var ObjectKind;
(function (ObjectKind) {
    /**
     * @generated from enum value: OBJECT_KIND_UNSPECIFIED = 0;
     */
    ObjectKind[ObjectKind["OBJECT_KIND_UNSPECIFIED"] = 0] = "OBJECT_KIND_UNSPECIFIED";
    /**
     * @generated from enum value: STATEMENT = 1;
     */
    ObjectKind[ObjectKind["STATEMENT"] = 1] = "STATEMENT";
    /**
     * @generated from enum value: CERTIFICATE = 2;
     */
    ObjectKind[ObjectKind["CERTIFICATE"] = 2] = "CERTIFICATE";
    /**
     * @generated from enum value: REVOCATION = 3;
     */
    ObjectKind[ObjectKind["REVOCATION"] = 3] = "REVOCATION";
    /**
     * @generated from enum value: POLICY = 4;
     */
    ObjectKind[ObjectKind["POLICY"] = 4] = "POLICY";
    /**
     * @generated from enum value: NOTICE = 5;
     */
    ObjectKind[ObjectKind["NOTICE"] = 5] = "NOTICE";
    /**
     * @generated from enum value: NOTICE_ACK = 6;
     */
    ObjectKind[ObjectKind["NOTICE_ACK"] = 6] = "NOTICE_ACK";
    /**
     * identity/succession.h: this log follows a lost one
     *
     * @generated from enum value: SUCCESSION = 7;
     */
    ObjectKind[ObjectKind["SUCCESSION"] = 7] = "SUCCESSION";
    /**
     * identity/web_bundle.h: the files of the browser app
     *
     * @generated from enum value: WEB_BUNDLE = 8;
     */
    ObjectKind[ObjectKind["WEB_BUNDLE"] = 8] = "WEB_BUNDLE";
})(ObjectKind || (ObjectKind = {}));
/**
 * Describes the enum candour.v1.ObjectKind.
 */
export const ObjectKindSchema = /*@__PURE__*/ enumDesc(file_candour, 1);
/**
 * @generated from enum candour.v1.MailKind
 */
export var MailKind;
(function (MailKind) {
    /**
     * @generated from enum value: MAIL_KIND_UNSPECIFIED = 0;
     */
    MailKind[MailKind["MAIL_KIND_UNSPECIFIED"] = 0] = "MAIL_KIND_UNSPECIFIED";
    /**
     * sealed reply to a submission
     *
     * @generated from enum value: REPLY = 1;
     */
    MailKind[MailKind["REPLY"] = 1] = "REPLY";
    /**
     * alert or alert update
     *
     * @generated from enum value: ALERT = 2;
     */
    MailKind[MailKind["ALERT"] = 2] = "ALERT";
    /**
     * see WelcomeMail
     *
     * @generated from enum value: WELCOME = 3;
     */
    MailKind[MailKind["WELCOME"] = 3] = "WELCOME";
    /**
     * what BotMail carried
     *
     * @generated from enum value: TO_BOT = 4;
     */
    MailKind[MailKind["TO_BOT"] = 4] = "TO_BOT";
})(MailKind || (MailKind = {}));
/**
 * Describes the enum candour.v1.MailKind.
 */
export const MailKindSchema = /*@__PURE__*/ enumDesc(file_candour, 2);
/**
 * @generated from enum candour.v1.Outcome
 */
export var Outcome;
(function (Outcome) {
    /**
     * @generated from enum value: OUTCOME_UNSPECIFIED = 0;
     */
    Outcome[Outcome["OUTCOME_UNSPECIFIED"] = 0] = "OUTCOME_UNSPECIFIED";
    /**
     * @generated from enum value: RELEASE = 1;
     */
    Outcome[Outcome["RELEASE"] = 1] = "RELEASE";
    /**
     * @generated from enum value: WITHHOLD = 2;
     */
    Outcome[Outcome["WITHHOLD"] = 2] = "WITHHOLD";
})(Outcome || (Outcome = {}));
/**
 * Describes the enum candour.v1.Outcome.
 */
export const OutcomeSchema = /*@__PURE__*/ enumDesc(file_candour, 3);
