// First measures nothing itself: it ends with the first observation of CartPole.
package main

import (
	"fmt"
	"log"

	"example.com/gogym"
)

func main() {
	env, err := gogym.Make("CartPole-v1")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := env.Reset(gogym.ResetSeed(0)); err != nil {
		log.Fatal(err)
	}
	fmt.Println("observation")
}
