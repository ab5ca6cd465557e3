// Package callbench measures what a host spends on whole telephone calls: the
// call is connect, linger, myevents, answer, playback, hangup, with the frames a
// real FreeSWITCH 1.11 sent. It owns the switch's side, which runs in a child
// process so that only the host's CPU is counted, and two hosts to compare
// with: Floor, which does nothing but what the wire demands, and ESLGo.
//
// The calls come with the socket_path of the recording, "invite". A host that
// leaves something of the call out fails its benchmark.
//
// A benchmark compares its own Host with Floor in the same run, in turns,
// because a machine is never twice the same:
//
//	func TestMain(m *testing.M) { os.Exit(callbench.Main(m)) }
//	func BenchmarkCall(b *testing.B) { callbench.Calls(b, myHost) }
package callbench
