package gogym

import (
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"example.com/gogym/internal/cgym"
)

// spaceRoot is what a space and all its parts share: who they belong to, and the handles that were opened for
// them.
type spaceRoot struct {
	env      *Env // nil for a space that NewSpace made, and for one of a Vec
	vec      *Vec // likewise
	isAction bool
	isBatch  bool       // of all environments of a Vec, not of one
	mu       sync.Mutex // where env is nil
	opened   []cgym.Space
	closed   bool
}

// spaceNode is the place of one space in its tree. A handle is opened when it is first needed, because most
// programs never ask Python about most parts.
type spaceNode struct {
	space  Space
	root   *spaceRoot // which must not know its spaces, or it would never be finalized
	parent *spaceNode
	index  int           // among the parent's children
	handle atomic.Uint64 // a cgym.Space; 0 while it is not open
}

// calls keeps memory for calls on spaces, which need not wait for each other.
var calls = sync.Pool{New: func() any { return cgym.NewCall() }}

// link tells a space and its parts where they belong.
func link(space Space, root *spaceRoot, parent *spaceNode, index int) {
	node := &spaceNode{space: space, root: root, parent: parent, index: index}
	space.base().node = node
	for i, child := range children(space) {
		link(child, root, node, i)
	}
}

// NewSpace makes a space from its description, a JSON object:
//
//	{"type": "Box", "low": -1, "high": [1, 2], "shape": [2], "dtype": "float32"}   null = no bound
//	{"type": "Discrete", "n": 5, "start": 0, "dtype": "int64"}
//	{"type": "MultiDiscrete", "nvec": [5, 2], "start": [0, 0], "dtype": "int64"}
//	{"type": "MultiBinary", "n": 5}                              or "n": [2, 3]
//	{"type": "Text", "max_length": 8, "min_length": 1, "charset": "abc"}
//	{"type": "Tuple", "spaces": [...]}                           {"type": "OneOf", "spaces": [...]}
//	{"type": "Dict", "spaces": {"name": {...}, ...}}             sorted by name, as Gymnasium does
//	{"type": "Dict", "spaces": [["name", {...}], ...]}           in the order given
//	{"type": "Sequence", "space": {...}, "stack": false}
//	{"type": "Graph", "node_space": {...}, "edge_space": {...}}  or null
//
// What Gymnasium's constructors have a default for may be left out. A description that is not acceptable gives
// [ErrSpace] with Gymnasium's words, or [ErrJSON]. Like the first [Make], the first NewSpace starts Python.
//
// The space should be closed; one that is merely forgotten is closed when the garbage collector finds it.
func NewSpace(description string) (Space, error) {
	if strings.ContainsRune(description, 0) {
		return nil, newError(ErrArgument, "the description of a space contains a NUL character: %q", description)
	}
	if err := useLimiter(0); err != nil {
		return nil, err
	}
	inside.acquire()
	defer inside.release()
	call := cgym.NewCall()
	handle, code := cgym.SpaceMake(call, description)
	if err := failure(call, code); err != nil {
		return nil, err
	}
	block, code := cgym.SpaceValue(call, handle)
	err := failure(call, code)
	var space Space
	if err == nil {
		space, err = decodeSpace(block)
	}
	if err != nil {
		cgym.SpaceClose(call, handle) // the first error is the one to tell
		return nil, err
	}
	root := &spaceRoot{opened: []cgym.Space{handle}}
	link(space, root, nil, 0)
	space.base().node.handle.Store(uint64(handle))
	runtime.SetFinalizer(root, func(root *spaceRoot) {
		go func() { _ = root.close() }() // it may wait for Python, and other finalizers for it
	})
	return space, nil
}

func (s *spaceBase) Close() error {
	switch node := s.node; {
	case node == nil:
		return errNoSpace()
	case node.root.env != nil || node.root.vec != nil:
		return newError(ErrUnsupported, "this %s space belongs to an environment and is closed with it", s.kind)
	case node.parent != nil:
		return newError(ErrUnsupported, "this %s space is a part of another one and is closed with it", s.kind)
	default:
		runtime.SetFinalizer(node.root, nil)
		return node.root.close()
	}
}

func errNoSpace() error {
	return newError(ErrHandle, "this space was made by neither an environment nor gogym.NewSpace")
}

func (r *spaceRoot) errClosed() error {
	if r.env != nil || r.vec != nil {
		return newError(ErrHandle, "the environment of this space has been closed")
	}
	return newError(ErrHandle, "this space has been closed")
}

// close closes a space that belongs to no environment.
func (r *spaceRoot) close() error {
	if err := r.lock(); err != nil {
		return err
	}
	defer r.unlock()
	if r.closed {
		return r.errClosed()
	}
	return r.closeHandles()
}

// closeHandles runs under the lock. The parts' handles are closed first: the root's error is the one to tell.
func (r *spaceRoot) closeHandles() error {
	r.closed = true
	call := calls.Get().(*cgym.Call)
	defer calls.Put(call)
	var err error
	for i := len(r.opened) - 1; i >= 0; i-- {
		err = failure(call, cgym.SpaceClose(call, r.opened[i]))
	}
	r.opened = nil
	return err
}

// lock begins a call that may wait for Python: calls on an environment and its spaces run one after another.
func (r *spaceRoot) lock() error {
	if r.env != nil {
		return r.env.lock()
	}
	r.mu.Lock()
	if r.usesPython() {
		inside.acquire()
	}
	return nil
}

func (r *spaceRoot) unlock() {
	if r.env != nil {
		r.env.unlock()
		return
	}
	if r.usesPython() {
		inside.release()
	}
	r.mu.Unlock()
}

// usesPython reports whether calls need this process's Python, and so a place of the limiter.
func (r *spaceRoot) usesPython() bool {
	return r.vec == nil || r.vec.usesPython
}

// open gives the handle of a node, under the lock.
func (n *spaceNode) open(call *cgym.Call) (cgym.Space, error) {
	if n.root.closed {
		return 0, n.root.errClosed()
	}
	if handle := n.handle.Load(); handle != 0 {
		return cgym.Space(handle), nil
	}
	var handle cgym.Space
	var code int32
	switch {
	case n.parent != nil:
		parent, err := n.parent.open(call)
		if err != nil {
			return 0, err
		}
		handle, code = cgym.SpaceChild(call, parent, n.index)
	case n.root.vec != nil:
		handle, code = n.root.vec.openSpace(call, n.root)
	case n.root.isAction:
		handle, code = cgym.SpaceOfActions(call, n.root.env.handle)
	default:
		handle, code = cgym.SpaceOfObservations(call, n.root.env.handle)
	}
	if err := failure(call, code); err != nil {
		return 0, err
	}
	n.root.opened = append(n.root.opened, handle)
	n.handle.Store(uint64(handle))
	return handle, nil
}

// withPython runs a call that may wait for Python.
func (s *spaceBase) withPython(run func(*cgym.Call, cgym.Space) int32) error {
	if s.node == nil {
		return errNoSpace()
	}
	root := s.node.root
	if err := root.lock(); err != nil {
		return err
	}
	defer root.unlock()
	call := calls.Get().(*cgym.Call)
	defer calls.Put(call)
	handle, err := s.node.open(call)
	if err != nil {
		return err
	}
	err = failure(call, run(call, handle))
	runtime.KeepAlive(root)
	return err
}

// withoutPython runs a call that does not wait for Python, and so without a lock.
func (s *spaceBase) withoutPython(run func(*cgym.Call, cgym.Space) int32) error {
	if s.node == nil {
		return errNoSpace()
	}
	if s.node.handle.Load() == 0 {
		if err := s.withPython(func(*cgym.Call, cgym.Space) int32 { return 0 }); err != nil {
			return err
		}
	}
	call := calls.Get().(*cgym.Call)
	defer calls.Put(call)
	err := failure(call, run(call, cgym.Space(s.node.handle.Load())))
	runtime.KeepAlive(s.node.root) // the finalizer would close the handle under the call
	return err
}

// nativeSize is how many bytes an element of a space has by itself: the native layout of a part of a space begins
// anew, and so may be padded in other places.
func nativeSize(space Space) int {
	if space == nil || space.NBytes() < 0 {
		return -1
	}
	if start, end := nativePlace(space, 0); end >= start {
		return end - start
	}
	return -1
}

// nativePlace gives the first byte of an element behind `cursor`, and the first byte behind the element.
func nativePlace(space Space, cursor int) (start, end int) {
	align := func(size int) int { return (cursor + size - 1) / size * size }
	switch s := space.(type) {
	case *TupleSpace, *DictSpace:
		start, end = cursor, cursor
		for i, child := range children(s) {
			var first int
			if first, end = nativePlace(child, end); i == 0 {
				start = first
			}
		}
		return start, end
	case *OneOf:
		start = align(8)
		end = start + 8
		for _, child := range s.Spaces {
			_, last := nativePlace(child, start+8)
			end = max(end, last)
		}
		return start, end
	}
	start = align(max(itemSize(space.Dtype()), 1))
	return start, start + space.NBytes()
}
