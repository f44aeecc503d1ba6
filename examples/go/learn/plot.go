package main

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"os"
)

// curve is a learning curve: a point for each episode.
type curve struct {
	points []point
}

type point struct {
	steps int     // of all environments together, when the episode ended
	total float64 // its return
}

func (c *curve) add(steps int, total float64) { c.points = append(c.points, point{steps, total}) }

// mean is the mean return of the last episodes; not a number before there are enough of them.
func (c *curve) mean() float64 {
	if len(c.points) < window {
		return math.NaN()
	}
	return c.meanAt(len(c.points) - 1)
}

// meanAt is the mean return of the episodes up to number i.
func (c *curve) meanAt(i int) float64 {
	first, sum := max(0, i-window+1), 0.0
	for _, p := range c.points[first : i+1] {
		sum += p.total
	}
	return sum / float64(i+1-first)
}

const (
	width, height                             = 1040, 600
	marginLeft, marginRight, marginTop, below = 100, 40, 76, 84
)

var (
	white  = color.NRGBA{255, 255, 255, 255}
	ink    = color.NRGBA{45, 52, 60, 255}
	grid   = color.NRGBA{228, 231, 236, 255}
	blue   = color.NRGBA{31, 96, 180, 255}
	pale   = color.NRGBA{31, 96, 180, 60}
	orange = color.NRGBA{224, 108, 20, 255}
)

// save draws the curve and writes it to a PNG file.
func (c *curve) save(name, title string, target float64) (err error) {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return png.Encode(file, c.draw(title, target))
}

func (c *curve) draw(title string, target float64) image.Image {
	p := newPlot(c, target)
	p.axes(title)
	p.rule(p.left, p.y(target), p.right, p.y(target), 1.5, orange, 9)
	for _, episode := range c.points {
		p.dot(p.x(float64(episode.steps)), p.y(episode.total), 3, pale)
	}
	for i := 1; i < len(c.points); i++ {
		p.line(p.x(float64(c.points[i-1].steps)), p.y(c.meanAt(i-1)), p.x(float64(c.points[i].steps)), p.y(c.meanAt(i)),
			3, blue, 0)
	}
	p.legend()
	return p.picture
}

// plot is a picture with axes. Its methods draw with smooth edges.
type plot struct {
	picture                  *image.RGBA
	left, right, top, bottom float64 // of the area between the axes
	mostSteps                float64
	low, high                float64 // returns
	xStep, yStep             float64 // of the grid
}

func newPlot(c *curve, target float64) *plot {
	p := &plot{picture: image.NewRGBA(image.Rect(0, 0, width, height)), left: marginLeft, right: width - marginRight,
		top: marginTop, bottom: height - below, mostSteps: 1, low: min(0, target), high: target}
	draw.Draw(p.picture, p.picture.Rect, image.NewUniform(white), image.Point{}, draw.Src)
	for _, episode := range c.points {
		p.mostSteps = max(p.mostSteps, float64(episode.steps))
		p.low, p.high = min(p.low, episode.total), max(p.high, episode.total)
	}
	p.xStep, p.yStep = niceStep(p.mostSteps/7), niceStep((p.high-p.low)/5)
	p.low = math.Floor(p.low/p.yStep) * p.yStep
	p.high += (p.high - p.low) * 0.03
	return p
}

// niceStep is the smallest 1, 2 or 5 times a power of ten that is not below x.
func niceStep(x float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(max(x, 1e-9))))
	for _, factor := range []float64{1, 2, 5} {
		if factor*power >= x {
			return factor * power
		}
	}
	return 10 * power
}

func (p *plot) x(steps float64) float64 { return p.left + (p.right-p.left)*steps/p.mostSteps }

func (p *plot) y(total float64) float64 {
	return p.bottom - (p.bottom-p.top)*(total-p.low)/(p.high-p.low)
}

func (p *plot) axes(title string) {
	for i := 0.0; i*p.xStep <= p.mostSteps; i++ {
		x := p.x(i * p.xStep)
		p.rule(x, p.top, x, p.bottom, 1, grid, 0)
		p.text(number(i*p.xStep), x, p.bottom+12, 2, 0.5, ink)
	}
	for total := p.low; total <= p.high; total += p.yStep {
		p.rule(p.left, p.y(total), p.right, p.y(total), 1, grid, 0)
		p.text(number(total), p.left-12, p.y(total)-glyphHeight, 2, 1, ink)
	}
	p.rule(p.left, p.bottom, p.right, p.bottom, 1.5, ink, 0)
	p.rule(p.left, p.top, p.left, p.bottom, 1.5, ink, 0)
	p.text(title, p.left, 22, 2, 0, ink)
	p.text("return of an episode", p.left, 50, 2, 0, ink)
	p.text("steps of all environments together", (p.left+p.right)/2, p.bottom+46, 2, 0.5, ink)
}

// legend stands in the lower right, where a curve that has risen leaves room.
func (p *plot) legend() {
	x, y := p.right-330, p.bottom-106
	area := image.Rect(int(x)-16, int(y)-14, int(p.right)-10, int(p.bottom)-12)
	draw.Draw(p.picture, area, image.NewUniform(color.NRGBA{255, 255, 255, 232}), image.Point{}, draw.Over)
	for i, text := range []string{"one episode", fmt.Sprintf("mean of %d episodes", window), "target"} {
		middle := y + float64(i)*30 + glyphHeight
		switch i {
		case 0:
			p.dot(x+20, middle, 4, color.NRGBA{31, 96, 180, 150})
		case 1:
			p.line(x, middle, x+40, middle, 3, blue, 0)
		case 2:
			p.rule(x, middle, x+40, middle, 1.5, orange, 9)
		}
		p.text(text, x+58, y+float64(i)*30, 2, 0, ink)
	}
}

// number writes thousands as k and millions as M.
func number(x float64) string {
	switch {
	case math.Abs(x) >= 1e6:
		return fmt.Sprintf("%gM", math.Round(x/1e3)/1e3)
	case math.Abs(x) >= 1e4:
		return fmt.Sprintf("%gk", math.Round(x)/1e3)
	}
	return fmt.Sprintf("%g", math.Round(x*1e6)/1e6)
}

// blend lays a colour over a pixel; `share` is how much of the pixel it covers.
func (p *plot) blend(x, y int, c color.NRGBA, share float64) {
	share = min(share, 1) * float64(c.A) / 255
	if share <= 0 || !(image.Point{X: x, Y: y}).In(p.picture.Rect) {
		return
	}
	pixel := p.picture.Pix[p.picture.PixOffset(x, y):][:3]
	for i, part := range [3]uint8{c.R, c.G, c.B} {
		pixel[i] = uint8(math.Round(float64(pixel[i]) + (float64(part)-float64(pixel[i]))*share))
	}
}

// line draws a line with round ends, dashed where dash is not 0.
func (p *plot) line(x0, y0, x1, y1, thickness float64, c color.NRGBA, dash float64) {
	reach := thickness/2 + 1
	length := math.Hypot(x1-x0, y1-y0)
	for y := int(min(y0, y1) - reach); y <= int(max(y0, y1)+reach); y++ {
		for x := int(min(x0, x1) - reach); x <= int(max(x0, x1)+reach); x++ {
			// The point of the line that is nearest to the pixel's middle.
			dx, dy, along := float64(x)+0.5-x0, float64(y)+0.5-y0, 0.0
			if length > 0 {
				along = max(0, min(length, (dx*(x1-x0)+dy*(y1-y0))/length))
				dx -= along * (x1 - x0) / length
				dy -= along * (y1 - y0) / length
			}
			if dash > 0 && math.Mod(along, 2*dash) > dash {
				continue
			}
			p.blend(x, y, c, thickness/2+0.5-math.Hypot(dx, dy))
		}
	}
}

// rule draws a line that is not slanted sharply: along the middle of pixels.
func (p *plot) rule(x0, y0, x1, y1, thickness float64, c color.NRGBA, dash float64) {
	middle := func(x float64) float64 { return math.Floor(x) + 0.5 }
	p.line(middle(x0), middle(y0), middle(x1), middle(y1), thickness, c, dash)
}

func (p *plot) dot(x, y, radius float64, c color.NRGBA) {
	p.line(x, y, x, y, 2*radius, c, 0)
}

// text writes a text whose upper edge is y. `align` is which part of it stands at x: 0 its beginning, 1 its end.
func (p *plot) text(text string, x, y float64, size int, align float64, c color.NRGBA) {
	letters := []rune(text)
	left := int(x - align*float64((len(letters)*glyphStep-glyphStep+glyphWidth)*size))
	for i, letter := range letters {
		for _, at := range glyph(letter) {
			for pixel := range size * size {
				p.blend(left+(i*glyphStep+at[0])*size+pixel%size, int(y)+at[1]*size+pixel/size, c, 1)
			}
		}
	}
}
