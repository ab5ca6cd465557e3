package compiler

// The reader counts how deep a source text nests: gopher-lua's parser and
// compiler recurse for each level, on Go's stack. A row of operators or calls
// nests too, because its syntax tree does.

// kind classifies a token for nesting.
type kind uint8

const (
	separator kind = iota // a statement or an element begins or ends
	operator
	operandEnd // an operand may end here: a name, a constant, a closing bracket
)

// A nesting is one open bracket or block.
type nesting struct {
	closer    byte // ')', ']', '}' or 'e' for end and until
	chain     int  // operators since the last separator
	branches  int  // elseif
	elements  int  // of a table constructor
	function  bool
	constants map[string]struct{}
	uses      int
}

var closers = map[byte]byte{'(': ')', '[': ']', '{': '}'}

// operand records a name or a constant; constant is its text, "" for none.
func (r *reader) operand(constant string) *SyntaxError {
	r.prev = operandEnd
	if constant == "" {
		return nil
	}
	for i := len(r.open) - 1; ; i-- {
		if f := &r.open[i]; f.function {
			if f.constants == nil {
				f.constants = map[string]struct{}{}
			}
			f.constants[constant] = struct{}{}
			f.uses++
			return nil
		}
	}
}

// chain records an operator or a call.
func (r *reader) chain() *SyntaxError {
	r.prev = operator
	r.open[len(r.open)-1].chain++
	return r.deeper()
}

func (r *reader) deeper() *SyntaxError {
	if r.total++; r.total > maxChain {
		return r.fail("an expression or chain of elseif with too many parts: split it")
	}
	return nil
}

func (r *reader) separate() {
	top := &r.open[len(r.open)-1]
	r.total -= top.chain
	top.chain = 0
	r.prev = separator
}

func (r *reader) push(closer byte, function bool) *SyntaxError {
	if len(r.open) > maxNested {
		return r.fail("chunk has too many syntax levels")
	}
	r.open = append(r.open, nesting{closer: closer, function: function})
	r.total++
	return nil
}

func (r *reader) pop() {
	top := r.open[len(r.open)-1]
	r.open = r.open[:len(r.open)-1]
	r.total -= 1 + top.chain + top.branches
	r.cost += top.uses * len(top.constants) / 2
}
