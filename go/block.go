package gogym

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
)

// A reader of value blocks (see gogym_value_format.h): every offset and length is checked, and no block,
// however it was made, takes more work or memory than a small multiple of its own size.

const (
	blockMagic    = 0x314d5947 // "GYM1"
	blockHeader   = 16
	nodeHeader    = 16
	maxValueDepth = 128
	maxNdim       = 64
	arrayHeader   = 32
	dtypeSize     = 16
)

const (
	kindNone = iota
	kindBool
	kindInt64
	kindFloat64
	kindString
	kindBytes
	kindArray
	kindList
	kindTuple
	kindDict
	kindOther
)

type blockReader struct {
	block  []byte
	budget uint64 // bytes of nodes that may still come: each byte belongs to one node
}

// decodeBlock decodes the bytes of a gym_value tree.
func decodeBlock(block []byte) (any, error) {
	size := uint64(len(block))
	if size < blockHeader+nodeHeader {
		return nil, newError(ErrBlock, "a value block has at least %d bytes, not %d", blockHeader+nodeHeader, size)
	}
	if magic := binary.NativeEndian.Uint32(block); magic != blockMagic {
		return nil, newError(ErrBlock, "a value block begins with %#x, not %#x", blockMagic, magic)
	}
	if stated := binary.NativeEndian.Uint64(block[8:]); stated != size {
		return nil, newError(ErrBlock, "the value block has %d bytes, but says %d", size, stated)
	}
	r := &blockReader{block: block, budget: size - blockHeader}
	return r.node(blockHeader, 1)
}

// node decodes the node at an offset from the block's beginning.
func (r *blockReader) node(at uint64, depth int) (any, error) {
	if depth > maxValueDepth {
		return nil, newError(ErrBlock, "the value is nested deeper than %d levels", maxValueDepth)
	}
	size := uint64(len(r.block))
	if at%8 != 0 || at > size-nodeHeader {
		return nil, newError(ErrBlock, "no node can begin at byte %d of %d", at, size)
	}
	kind := binary.NativeEndian.Uint32(r.block[at:])
	count := binary.NativeEndian.Uint64(r.block[at+8:])
	body := r.block[at+nodeHeader:]
	if err := r.spend(nodeHeader); err != nil {
		return nil, err
	}
	switch kind {
	case kindNone:
		return nil, nil
	case kindBool, kindInt64, kindFloat64:
		return r.number(kind, body)
	case kindString, kindBytes:
		content, err := r.terminated(body, count)
		if err != nil {
			return nil, err
		}
		if kind == kindString {
			return string(content), nil
		}
		return bytes.Clone(content), nil
	case kindArray:
		return r.array(at, count)
	case kindList, kindTuple:
		items, err := r.items(at, count, depth)
		if kind == kindTuple {
			return Tuple(items), err
		}
		return items, err
	case kindDict:
		return r.dict(at, count, depth)
	case kindOther:
		return r.other(body, count)
	}
	return nil, newError(ErrBlock, "the node at byte %d has the unknown kind %d", at, kind)
}

// spend accounts for bytes of a node. Nodes of a sound block do not overlap, so that they cannot need more
// bytes than there are; nodes that are shared or overlap soon do.
func (r *blockReader) spend(n uint64) error {
	if n > r.budget {
		return newError(ErrBlock, "the nodes overlap, or a node of %d bytes reaches beyond the block", n)
	}
	r.budget -= n
	return nil
}

// take gives the first n bytes of a node's body.
func (r *blockReader) take(body []byte, n uint64) ([]byte, error) {
	if n > uint64(len(body)) {
		return nil, newError(ErrBlock, "a node of %d bytes reaches beyond the block", n)
	}
	if err := r.spend(n); err != nil {
		return nil, err
	}
	return body[:n], nil
}

func (r *blockReader) number(kind uint32, body []byte) (any, error) {
	content, err := r.take(body, 8)
	if err != nil {
		return nil, err
	}
	bitsOfNumber := binary.NativeEndian.Uint64(content)
	switch kind {
	case kindInt64:
		return int64(bitsOfNumber), nil
	case kindFloat64:
		return math.Float64frombits(bitsOfNumber), nil
	}
	if bitsOfNumber > 1 {
		return nil, newError(ErrBlock, "a bool is 0 or 1, not %d", bitsOfNumber)
	}
	return bitsOfNumber == 1, nil
}

// terminated gives `count` bytes that a NUL must follow.
func (r *blockReader) terminated(body []byte, count uint64) ([]byte, error) {
	if count >= uint64(len(body)) {
		return nil, newError(ErrBlock, "a text of %d bytes reaches beyond the block", count)
	}
	content, err := r.take(body, count+1)
	if err != nil {
		return nil, err
	}
	if content[count] != 0 {
		return nil, newError(ErrBlock, "a text of %d bytes does not end with NUL", count)
	}
	return content[:count], nil
}

// offsets gives the offsets of `count` children.
func (r *blockReader) offsets(at, count uint64) ([]byte, error) {
	body := r.block[at+nodeHeader:]
	if count > uint64(len(body))/8 {
		return nil, newError(ErrBlock, "a node with %d children reaches beyond the block", count)
	}
	return r.take(body, 8*count)
}

// child decodes the i-th child of the node at `at`.
func (r *blockReader) child(at uint64, offsets []byte, i uint64, depth int) (any, error) {
	offset := int64(binary.NativeEndian.Uint64(offsets[8*i:]))
	if offset < nodeHeader || uint64(offset) >= uint64(len(r.block))-at {
		return nil, newError(ErrBlock, "a child cannot lie %d bytes behind its parent at byte %d", offset, at)
	}
	return r.node(at+uint64(offset), depth+1)
}

func (r *blockReader) items(at, count uint64, depth int) ([]any, error) {
	offsets, err := r.offsets(at, count)
	if err != nil {
		return nil, err
	}
	items := make([]any, count)
	for i := range count {
		if items[i], err = r.child(at, offsets, i, depth); err != nil {
			return nil, err
		}
	}
	return items, nil
}

func (r *blockReader) dict(at, count uint64, depth int) (any, error) {
	if count > uint64(len(r.block)) {
		return nil, newError(ErrBlock, "a dict of %d entries reaches beyond the block", count)
	}
	offsets, err := r.offsets(at, 2*count)
	if err != nil {
		return nil, err
	}
	d := &Dict{entries: make([]dictEntry, 0, count), index: make(map[string]int, count)}
	for i := range count {
		key, err := r.child(at, offsets, 2*i, depth)
		if err != nil {
			return nil, err
		}
		value, err := r.child(at, offsets, 2*i+1, depth)
		if err != nil {
			return nil, err
		}
		d.add(key, value)
	}
	return d, nil
}

func (r *blockReader) other(body []byte, count uint64) (any, error) {
	length, err := r.take(body, 8)
	if err != nil {
		return nil, err
	}
	body = body[8:]
	class, err := r.terminated(body, binary.NativeEndian.Uint64(length))
	if err != nil {
		return nil, err
	}
	repr, err := r.terminated(body[len(class)+1:], count)
	if err != nil {
		return nil, err
	}
	return Other{Class: string(class), Repr: string(repr)}, nil
}

func (r *blockReader) array(at, count uint64) (any, error) {
	body := r.block[at+nodeHeader:]
	header, err := r.take(body, arrayHeader)
	if err != nil {
		return nil, err
	}
	dtype, _, found := bytes.Cut(header[:dtypeSize], []byte{0})
	if !found || len(dtype) == 0 {
		return nil, newError(ErrBlock, "an array has no dtype")
	}
	ndim := binary.NativeEndian.Uint32(header[16:])
	itemsize := uint64(binary.NativeEndian.Uint32(header[20:]))
	offset := int64(binary.NativeEndian.Uint64(header[24:]))
	if ndim > maxNdim {
		return nil, newError(ErrBlock, "an array has %d dimensions, more than %d", ndim, maxNdim)
	}
	lengths, err := r.take(body[arrayHeader:], 8*uint64(ndim))
	if err != nil {
		return nil, err
	}
	shape, elements, err := decodeShape(lengths)
	if err != nil {
		return nil, err
	}
	overflow, nbytes := bits.Mul64(elements, itemsize)
	if elements != count || overflow != 0 {
		return nil, newError(ErrBlock, "an array of %d elements cannot have the shape %v", count, shape)
	}
	if offset < nodeHeader+arrayHeader+8*int64(ndim) || uint64(offset) > uint64(len(r.block))-at {
		return nil, newError(ErrBlock, "an array's elements cannot lie %d bytes behind its node", offset)
	}
	data, err := r.take(r.block[at+uint64(offset):], nbytes)
	if err != nil {
		return nil, err
	}
	return newArray(string(dtype), shape, itemsize, data)
}

// decodeShape gives the lengths and their product.
func decodeShape(lengths []byte) (shape []int, elements uint64, err error) {
	shape = make([]int, len(lengths)/8)
	elements = 1
	overflowed, empty := false, false
	for i := range shape {
		length := int64(binary.NativeEndian.Uint64(lengths[8*i:]))
		if length < 0 || length > math.MaxInt {
			return nil, 0, newError(ErrBlock, "an array cannot have the length %d", length)
		}
		shape[i] = int(length)
		high, low := bits.Mul64(elements, uint64(length))
		empty = empty || length == 0
		overflowed = overflowed || high != 0
		elements = low
	}
	if empty {
		return shape, 0, nil
	}
	if overflowed {
		return nil, 0, newError(ErrBlock, "an array of the shape %v is too large", shape)
	}
	return shape, elements, nil
}
