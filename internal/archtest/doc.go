// Package archtest holds the rules of the house as tests: which package may
// import which, and what no package may do. It has no code of its own.
//
// The order of the packages is the text in policy_test.go, a statement of
// policy: a package may import only from floors below its own. The other rules
// are the list in rules_test.go, and each finding names the file, the line and
// what to write instead. The rules see the tree as text, through go/parser, so
// every platform's files are read and no build is needed. A rule that never
// fails proves nothing: broken_test.go breaks each of them once.
package archtest
